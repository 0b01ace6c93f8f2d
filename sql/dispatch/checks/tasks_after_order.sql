/*---
title    = "A task is not older than its order"
severity = "warn"
flow     = "tasks"
---*/

select t._key
from migrated.tasks t
join migrated.orders o on o.id = t.order_id
where t.created_at < o.created_at
order by t._key
