/*---
title = "Only a stock order does without a doctor"
flow  = "orders"
---*/

select o._key
from migrated.orders o
where o.doctor_id is null and o.patient_id is not null
order by o._key
