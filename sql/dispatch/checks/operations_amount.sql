/*---
title = "Each of the operations has the amount of its source row"
flow  = "operations"
---*/

select m._key
from migrated.operations m
left join source.dispatch_operation s on s.id = m._key
where (m.amount is distinct from s.amount)
order by m._key
