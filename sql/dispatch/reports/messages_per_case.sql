/*---
title = "Case messages from comments, per case"
chart = "none"
about = "How many messages a case has, and how long their texts are, in characters."
---*/

with per_case as (
    select m.case_id, count(*) as messages
    from migrated.case_messages_comments m
    group by m.case_id
),

cases as (
    select
        count(*)                                        as cases,
        coalesce(max(messages), 0)                      as most_on_one_case,
        cast(round(cast(coalesce(avg(messages), 0) as numeric), 2) as double precision)            as mean_per_case
    from per_case
),

texts as (
    select
        count(*)                                        as messages,
        count(m.sender_id)                              as with_sender,
        min(character_length(m.content))                as shortest_text,
        cast(round(cast(avg(character_length(m.content)) as numeric), 1) as double precision)      as mean_text,
        max(character_length(m.content))                as longest_text
    from migrated.case_messages_comments m
)

select
    t.messages,
    t.with_sender,
    c.cases,
    c.most_on_one_case,
    c.mean_per_case,
    t.shortest_text,
    t.mean_text,
    t.longest_text
from texts t
cross join cases c
