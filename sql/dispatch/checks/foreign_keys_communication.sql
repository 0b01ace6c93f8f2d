/*---
title = "Every reference of communication and rights finds its row"
---*/

with reference (flow, field, _key, refers_to, found_id) as (
    select 'patient_doctors', 'patient_id', x._key, x.patient_id, y.id
    from migrated.patient_doctors x left join migrated.patients y on y.id = x.patient_id
    union all
    select 'patient_doctors', 'doctor_id', x._key, x.doctor_id, y.id
    from migrated.patient_doctors x left join migrated.doctors y on y.id = x.doctor_id
    union all
    select 'case_messages_records', 'case_id', x._key, x.case_id, y.id
    from migrated.case_messages_records x left join migrated.cases y on y.id = x.case_id
    union all
    select 'case_messages_records', 'order_id', x._key, x.order_id, y.id
    from migrated.case_messages_records x left join migrated.orders y on y.id = x.order_id
    union all
    select 'case_messages_records', 'treatment_plan_id', x._key, x.treatment_plan_id, y.id
    from migrated.case_messages_records x left join migrated.treatment_plans y on y.id = x.treatment_plan_id
    union all
    select 'case_messages_records', 'sender_id', x._key, x.sender_id, y.id
    from migrated.case_messages_records x left join migrated.profiles y on y.id = x.sender_id
    union all
    select 'treatment_discussions', 'order_id', x._key, x.order_id, y.id
    from migrated.treatment_discussions x left join migrated.orders y on y.id = x.order_id
    union all
    select 'treatment_discussions', 'case_id', x._key, x.case_id, y.id
    from migrated.treatment_discussions x left join migrated.cases y on y.id = x.case_id
    union all
    select 'treatment_discussions', 'author_id', x._key, x.author_id, y.id
    from migrated.treatment_discussions x left join migrated.profiles y on y.id = x.author_id
    union all
    select 'doctor_notes', 'patient_id', x._key, x.patient_id, y.id
    from migrated.doctor_notes x left join migrated.patients y on y.id = x.patient_id
    union all
    select 'doctor_notes', 'author_id', x._key, x.author_id, y.id
    from migrated.doctor_notes x left join migrated.profiles y on y.id = x.author_id
    union all
    select 'message_attachments', 'message_id', x._key, x.message_id, y.id
    from migrated.message_attachments x left join migrated.case_messages_records y on y.id = x.message_id
    union all
    select 'message_attachments', 'file_id', x._key, x.file_id, y.id
    from migrated.message_attachments x left join migrated.files y on y.id = x.file_id
    union all
    select 'messages', 'sender_id', x._key, x.sender_id, y.id
    from migrated.messages x left join migrated.profiles y on y.id = x.sender_id
    union all
    select 'messages', 'recipient_id', x._key, x.recipient_id, y.id
    from migrated.messages x left join migrated.profiles y on y.id = x.recipient_id
    union all
    select 'communications', 'profile_id', x._key, x.profile_id, y.id
    from migrated.communications x left join migrated.profiles y on y.id = x.profile_id
    union all
    select 'feedback', 'profile_id', x._key, x.profile_id, y.id
    from migrated.feedback x left join migrated.profiles y on y.id = x.profile_id
    union all
    select 'audit_logs', 'actor_id', x._key, x.actor_id, y.id
    from migrated.audit_logs x left join migrated.profiles y on y.id = x.actor_id
)

select r._key, r.flow, r.field
from reference r
where r.refers_to is not null and r.found_id is null
order by r._key
