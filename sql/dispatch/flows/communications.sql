/*---
source      = "dispatch_communication"
key         = "id"
entity      = "communication"
accept      = 0.99
description = "Letters, calls and mails from users and to them."

[remedies]
recipient_not_migrated = "Restore the user in the source, or give the rows to another one."
unknown_direction      = "Correct the direction in the source: inbound or outbound."
---*/

-- The user is the sender of what came in and the recipient of what went out: without its recipient a communication is
-- nobody's, without its sender it stays, with a warning. The direction was typed by hand; upper and lower case and
-- blanks around it do not matter, but anything other than inbound and outbound says nothing about who it was to.

with directed as (
    select
        m.id,
        case when lower(trim(m.direction)) in ('inbound', 'outbound') then lower(trim(m.direction)) end as direction
    from source.dispatch_communication m
)

select
    m.id                                                       as _key,
    case
        when d.direction is null                         then reject('unknown_direction')
        when d.direction = 'outbound' and u._key is null then reject('recipient_not_migrated', 'profiles', m.user_id)
        else                                                  migrate()
    end                                                        as _outcome,
    warnings(d.direction = 'inbound' and u._key is null, 'sender_unknown') as _warnings,
    m.id                                                       as legacy_id,
    case when u._key is not null then legacy_uuid('profile', m.user_id) end as profile_id,
    m.channel                                                  as channel,
    d.direction                                                as direction,
    m.subject                                                  as subject,
    m.body                                                     as content,
    m.sent_at                                                  as sent_at,
    row_json(m._row)                                           as metadata,
    m.created_at                                               as created_at
from source.dispatch_communication m
left join directed          d on d.id   = m.id
left join migrated.profiles u on u._key = m.user_id
