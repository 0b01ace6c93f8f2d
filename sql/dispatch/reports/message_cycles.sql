/*---
title = "Questions and responses per case"
chart = "bar"
about = "A cycle is a patient_question and the first doctor_response after it, told from all messages of a case."
---*/

with said (kind, _key, case_id, message_type, created_at) as (
    select 1, _key, case_id, message_type, created_at from migrated.case_messages_comments
    union all
    select 2, _key, case_id, message_type, created_at from migrated.case_messages_records
),

talk as (
    select
        m.case_id,
        m.message_type,
        m.created_at,
        lag(m.message_type) over (partition by m.case_id order by m.created_at, m.kind, m._key) as before,
        lag(m.created_at)   over (partition by m.case_id order by m.created_at, m.kind, m._key) as before_at
    from said m
    where m.message_type in ('patient_question', 'doctor_response')
),

per_case as (
    select
        case_id,
        count(*) filter (where message_type = 'patient_question')                     as questions,
        count(*) filter (where message_type = 'doctor_response')                      as responses,
        count(*) filter (where message_type = 'doctor_response' and before = 'patient_question') as cycles,
        sum(
            case
                when message_type = 'doctor_response' and before = 'patient_question'
                    then date_part('epoch', created_at) - date_part('epoch', before_at)
            end
        ) / 86400                                                                     as days
    from talk
    group by case_id
)

select
    case when p.cycles < 5 then cast(p.cycles as text) else '5 and more' end as cycles,
    count(*)                                                              as cases,
    sum(p.questions)                                                      as questions,
    sum(p.responses)                                                      as responses,
    cast(round(cast(sum(p.days) / sum(p.cycles) as numeric), 1) as double precision)                                 as mean_days_to_response
from per_case p
group by 1
order by 1
