/*---
title = "No two rows of a flow have the same UUID"
each  = "flow"
---*/

select min(m._key) as _key, count(*) as rows
from each.migrated m
group by m.id
having count(*) > 1
order by 1
