/*---
source      = "dispatch_record_attachments"
key         = "id"
entity      = "message_attachment"
accept      = 0.99
description = "The files attached to the messages of a case."

[remedies]
file_not_migrated    = "Restore the file."
message_not_migrated = "Recover the message, and they follow."
---*/

-- Only records on plans have attachments: the record's message and the file must both be there.

select
    a.id                                                       as _key,
    case
        when m._key is null then reject('message_not_migrated', 'case_messages_records', a.record_id)
        when f._key is null then reject('file_not_migrated', 'files', a.file_id)
        else                     migrate()
    end                                                        as _outcome,
    a.id                                                       as legacy_id,
    legacy_uuid('record_message', a.record_id)                 as message_id,
    legacy_uuid('file', a.file_id)                             as file_id,
    row_json(a._row)                                           as metadata,
    a.created_at                                               as created_at
from source.dispatch_record_attachments a
left join migrated.case_messages_records m on m._key = a.record_id
left join migrated.files                 f on f._key = a.file_id
