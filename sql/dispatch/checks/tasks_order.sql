/*---
title = "A task is on the order of its instruction, for the role that it names"
flow  = "tasks"
---*/

select t._key
from migrated.tasks t
left join source.dispatch_task      s on s.id   = t._key
left join migrated.orders           o on o._key = s.instruction_id
left join migrated.technician_roles r on r._key = s.role_id
where (t.order_id is distinct from o.id)
   or (t.technician_role_id is distinct from r.id)
order by t._key
