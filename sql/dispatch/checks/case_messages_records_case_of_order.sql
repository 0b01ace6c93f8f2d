/*---
title = "A message from a record lies in the case that its order belongs to"
flow  = "case_messages_records"
---*/

select m._key
from migrated.case_messages_records m
left join migrated.order_cases oc on oc.order_id = m.order_id and oc.case_id = m.case_id
where oc._key is null
order by m._key
