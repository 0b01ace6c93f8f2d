/*---
title = "An order and its case are of the same patient, and both are there"
flow  = "order_cases"
---*/

select oc._key
from migrated.order_cases oc
left join migrated.orders o on o.id = oc.order_id
left join migrated.cases  c on c.id = oc.case_id
where o._key is null
   or c._key is null
   or (c.patient_id is distinct from o.patient_id)
order by oc._key
