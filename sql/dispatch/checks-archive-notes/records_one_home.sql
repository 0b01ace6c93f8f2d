/*---
title = "A record becomes one thing only, and what is on a plan, an instruction or a patient is never left out"
---*/

-- Each record is in the scope of one flow at most: it is migrated or rejected there; what
-- case_messages_records could not place is archived.
with taken (_key, flow) as (
    select _key, 'case_messages_records' from migrated.case_messages_records
    union all
    select _key, 'case_messages_records' from rejected.case_messages_records
    union all
    select _key, 'treatment_discussions' from migrated.treatment_discussions
    union all
    select _key, 'treatment_discussions' from rejected.treatment_discussions
    union all
    select _key, 'doctor_notes' from migrated.doctor_notes
    union all
    select _key, 'doctor_notes' from rejected.doctor_notes
    union all
    select _key, 'doctor_notes_records' from migrated.doctor_notes_records
),

counted as (
    select t._key, count(*) as homes from taken t group by t._key
)

select r.id as _key, coalesce(c.homes, 0) as homes
from source.dispatch_record r
left join shared.content_types t on t.id   = r.content_type_id
left join counted              c on c._key = r.id
where coalesce(c.homes, 0) > 1
   or (c.homes is null and (t.id is null or t.family in ('plan', 'instruction', 'patient')))
order by r.id
