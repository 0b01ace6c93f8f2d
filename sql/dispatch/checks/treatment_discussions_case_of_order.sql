/*---
title = "A discussion lies in the case of its order, and in none only where the order has none"
flow  = "treatment_discussions"
---*/

select d._key
from migrated.treatment_discussions d
left join migrated.order_cases oc on oc.order_id = d.order_id
where oc.case_id is distinct from d.case_id
order by d._key
