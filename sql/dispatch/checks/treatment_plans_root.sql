/*---
title = "A revision is of its root's order, and its parent is one step nearer to the root"
flow  = "treatment_plans"
---*/

select p._key, p.revision
from migrated.treatment_plans p
left join migrated.treatment_plans root   on root.id   = p.root_plan_id
left join migrated.treatment_plans parent on parent.id = p.parent_plan_id
where root._key is null
   or root.revision <> 0
   or (root.order_id is distinct from p.order_id)
   or p.revision <> coalesce(parent.revision + 1, 0)
order by p._key
