/*---
title    = "No discussion is older than its order"
severity = "warn"
flow     = "treatment_discussions"
---*/

select d._key
from migrated.treatment_discussions d
join migrated.orders o on o.id = d.order_id
where d.created_at < o.created_at
order by d._key
