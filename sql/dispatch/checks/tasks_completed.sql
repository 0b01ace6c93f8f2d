/*---
title    = "A task is completed when it says so, and not before it was made"
severity = "warn"
flow     = "tasks"
---*/

select t._key
from migrated.tasks t
where (t.status = 'completed') <> (t.completed_at is not null)
   or t.completed_at < t.created_at
order by t._key
