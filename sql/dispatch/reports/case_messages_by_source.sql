/*---
title = "Case messages by year and source"
chart = "bar"
about = "Comments on plans and records on plans together. Years are UTC."
---*/

with said (source, created_at, sender_id) as (
    select 'comment', created_at, sender_id from migrated.case_messages_comments
    union all
    select 'record', created_at, sender_id from migrated.case_messages_records
)

select
    cast(date_part('year', s.created_at) as int)                          as year,
    count(*)                                                              as messages,
    count(*) filter (where s.source = 'comment')                          as from_comments,
    count(*) filter (where s.source = 'record')                           as from_records,
    count(s.sender_id)                                                    as with_sender
from said s
group by 1
order by 1
