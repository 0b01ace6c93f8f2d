/*---
title    = "A state of a case is not older than the order it came with"
severity = "warn"
flow     = "case_states"
---*/

select s._key
from migrated.case_states s
join migrated.orders o on o.id = s.order_id
where s.created_at < o.created_at
order by s._key
