/*---
title    = "No message is older than its order"
severity = "warn"
---*/

with said (source, _key, order_id, created_at) as (
    select 'comment', _key, order_id, created_at from migrated.case_messages_comments
    union all
    select 'record', _key, order_id, created_at from migrated.case_messages_records
)

select s._key, s.source
from said s
join migrated.orders o on o.id = s.order_id
where s.created_at < o.created_at
order by s._key
