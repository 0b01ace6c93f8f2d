/*---
title    = "A message is not older than the order it is about"
severity = "warn"
flow     = "case_messages_comments"
---*/

select m._key
from migrated.case_messages_comments m
join migrated.orders o on o.id = m.order_id
where m.created_at < o.created_at
order by m._key
