/*---
title = "A message lies in the case that its order belongs to"
---*/

-- A message of a general case has no order.
with said (_key, source, case_id, order_id) as (
    select _key, 'comment', case_id, order_id from migrated.case_messages_comments
    union all
    select _key, 'record', case_id, order_id from migrated.case_messages_records
)

select s._key, s.source
from said s
left join migrated.order_cases oc on oc.order_id = s.order_id and oc.case_id = s.case_id
where s.order_id is not null and oc._key is null
order by s._key
