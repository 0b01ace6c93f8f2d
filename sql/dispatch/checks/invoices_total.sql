/*---
title = "Each of the invoices has the total of its source row"
flow  = "invoices"
---*/

select m._key
from migrated.invoices m
left join source.dispatch_invoice s on s.id = m._key
where (m.total is distinct from s.total)
order by m._key
