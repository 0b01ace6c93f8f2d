/*---
title = "Case messages from comments, by year"
chart = "bar"
about = "Years are UTC. A message without a sender was written by nobody, or by a user who is gone."
---*/

select
    cast(date_part('year', m.created_at) as int)                          as year,
    count(*)                                                              as messages,
    count(m.sender_id)                                                    as with_sender,
    cast(round(100.0 * count(m.sender_id) / count(*), 2) as double precision)       as sender_percent
from migrated.case_messages_comments m
group by 1
order by 1
