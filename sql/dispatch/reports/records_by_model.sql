/*---
title = "Records, by what they are on"
chart = "bar"
about = "The model as its content type is named, and what became of the records there. Others are out of scope."
---*/

with became (_key, became) as (
    select _key, 'case message' from migrated.case_messages_records
    union all
    select _key, 'treatment discussion' from migrated.treatment_discussions
    union all
    select _key, 'doctor note' from migrated.doctor_notes
    union all
    select _key, 'rejected' from rejected.case_messages_records
    union all
    select _key, 'rejected' from rejected.treatment_discussions
    union all
    select _key, 'rejected' from rejected.doctor_notes
)

select
    coalesce(t.app_label || '.' || t.model, '(unknown)')                  as model,
    count(*)                                                              as records,
    count(*) filter (where b.became = 'case message')                     as case_messages,
    count(*) filter (where b.became = 'treatment discussion')             as treatment_discussions,
    count(*) filter (where b.became = 'doctor note')                      as doctor_notes,
    count(*) filter (where b.became = 'rejected')                         as rejected,
    count(*) filter (where b.became is null)                              as others
from source.dispatch_record r
left join shared.content_types t on t.id   = r.content_type_id
left join became               b on b._key = r.id
group by 1
order by records desc, model
