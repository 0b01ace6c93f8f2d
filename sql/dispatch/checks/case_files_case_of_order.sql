/*---
title = "A file lies in the case that its order belongs to"
flow  = "case_files"
---*/

select f._key
from migrated.case_files f
left join migrated.order_cases oc on oc.order_id = f.order_id and oc.case_id = f.case_id
where oc._key is null
order by f._key
