/*---
title = "What two users wrote to each other follows as it did in the source"
flow  = "messages"
---*/

-- A thread is what the same two users wrote to each other, in either direction. The n-th of it by the time that the
-- source has must be the n-th by the time that the target has.
with placed as (
    select
        m._key,
        row_number() over (
            partition by least(s.sender_id, s.recipient_id), greatest(s.sender_id, s.recipient_id)
            order by m.created_at, m._key
        )                                                      as kept_place,
        row_number() over (
            partition by least(s.sender_id, s.recipient_id), greatest(s.sender_id, s.recipient_id)
            order by s.created_at, s.id
        )                                                      as made_place
    from migrated.messages m
    left join source.dispatch_message s on s.id = m._key
)

select p._key, p.kept_place, p.made_place
from placed p
where p.kept_place <> p.made_place
order by p._key
