/*---
title = "Each of the purchases has the amount of its source row"
flow  = "purchases"
---*/

select m._key
from migrated.purchases m
left join source.dispatch_purchase s on s.id = m._key
where (m.amount is distinct from s.amount)
   or (m.quantity is distinct from s.quantity)
order by m._key
