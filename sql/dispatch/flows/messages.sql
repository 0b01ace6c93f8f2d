/*---
source      = "dispatch_message"
key         = "id"
entity      = "message"
accept      = 0.99
description = "Messages from one user to another."

[remedies]
recipient_not_migrated = "Restore the user in the source, or give the rows to another one."
---*/

-- A message without its recipient is nobody's; one without its sender stays, with a warning.

select
    m.id                                                       as _key,
    case
        when r._key is null then reject('recipient_not_migrated', 'profiles', m.recipient_id)
        else                     migrate()
    end                                                        as _outcome,
    warnings(s._key is null, 'sender_unknown')                 as _warnings,
    m.id                                                       as legacy_id,
    case when s._key is not null then legacy_uuid('profile', m.sender_id) end as sender_id,
    legacy_uuid('profile', m.recipient_id)                     as recipient_id,
    m.subject                                                  as subject,
    m.body                                                     as content,
    m.read_at                                                  as read_at,
    row_json(m._row)                                           as metadata,
    m.created_at                                               as created_at
from source.dispatch_message m
left join migrated.profiles s on s._key = m.sender_id
left join migrated.profiles r on r._key = m.recipient_id
