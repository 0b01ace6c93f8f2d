/*---
title = "An attachment belongs to the message of its record"
flow  = "message_attachments"
---*/

select a._key
from migrated.message_attachments a
left join source.dispatch_record_attachments s on s.id               = a._key
left join migrated.case_messages_records     m on m.legacy_record_id = s.record_id
where m.id is distinct from a.message_id
order by a._key
