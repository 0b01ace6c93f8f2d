/*---
title = "Questions and their responses"
chart = "bar"
about = "A question is answered where the next message of its case is a doctor_response. Years are the question's, UTC."
---*/

with said (kind, _key, case_id, message_type, created_at) as (
    select 1, _key, case_id, message_type, created_at from migrated.case_messages_comments
    union all
    select 2, _key, case_id, message_type, created_at from migrated.case_messages_records
),

followed as (
    select
        s.message_type, s.created_at,
        lead(s.message_type) over (partition by s.case_id order by s.created_at, s.kind, s._key) as next_type,
        lead(s.created_at)   over (partition by s.case_id order by s.created_at, s.kind, s._key) as next_at
    from said s
)

select
    cast(date_part('year', f.created_at) as int)                          as year,
    count(*)                                                              as questions,
    count(*) filter (where f.next_type = 'doctor_response')               as answered_next,
    cast(round(cast(avg(case when f.next_type = 'doctor_response'
        then date_part('epoch', f.next_at) - date_part('epoch', f.created_at) end) / 86400 as numeric), 1) as double precision) as mean_days_to_answer
from followed f
where f.message_type = 'patient_question'
group by 1
order by 1
