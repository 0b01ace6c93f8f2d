/*---
title  = "The metadata keeps every column of the source row"
each   = "flow"
having = ["metadata"]
---*/

-- Every row of the source has the same columns: one is enough to name them. Adopted rows are the target's own.
select m._key
from (select _row from each.source limit 1) s
cross join each.migrated m
where m._outcome = 'migrated' and not has_members(m.metadata, s._row)
order by m._key
