/*---
title = "A task is assigned to the technician or to the profile, as the user is one or not"
flow  = "tasks"
---*/

select t._key
from migrated.tasks t
left join source.dispatch_task s on s.id   = t._key
left join migrated.technicians w on w._key = s.assignee_id
left join migrated.profiles    u on u._key = s.assignee_id
where (t.technician_id is distinct from w.id)
   or (t.profile_id is distinct from case when w._key is null then u.id end)
order by t._key
