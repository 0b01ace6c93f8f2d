/*---
title = "A source table with rows in scope leaves rows in the target"
each  = "flow"
---*/

select 'no row' as _key
from (select count(*) as rows from each.source) s
cross join (select count(*) as rows from each.migrated) m
cross join (select count(*) as rows from each.skipped) k
where s.rows > k.rows and m.rows = 0
