/*---
title = "Each of the payments has the amount of its source row"
flow  = "payments"
---*/

select m._key
from migrated.payments m
left join source.dispatch_payment s on s.id = m._key
where (m.amount is distinct from s.amount)
   or (m.currency is distinct from s.currency)
order by m._key
