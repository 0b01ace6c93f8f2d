/*---
title = "The messages of a case follow each other as their sources do"
---*/

-- The n-th of a case by the time that the source has must be the n-th by the time that the target has.
with kept as (
    select 1 as kind, m._key, m.case_id, m.created_at as kept_at, s.created_at as made_at
    from migrated.case_messages_comments m
    left join source.dispatch_comment s on s.id = m._key
    union all
    select 2, m._key, m.case_id, m.created_at, s.created_at
    from migrated.case_messages_records m
    left join source.dispatch_record s on s.id = m._key
),

placed as (
    select
        k.kind, k._key,
        row_number() over (partition by k.case_id order by k.kept_at, k.kind, k._key) as kept_place,
        row_number() over (partition by k.case_id order by k.made_at, k.kind, k._key) as made_place
    from kept k
)

select p._key, case p.kind when 1 then 'comment' else 'record' end as source, p.kept_place, p.made_place
from placed p
where p.kept_place <> p.made_place
order by p._key
