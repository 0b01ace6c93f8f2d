/*---
source      = "dispatch_record"
key         = "id"
entity      = "treatment_discussion"
accept      = 0.99
description = "Records on an instruction are what was discussed about the order."

[remedies]
missing_instruction = "Restore the instruction in the source, or point the rows to another one."
order_not_migrated  = "Recover the order, and they follow."
---*/

-- A record on an instruction belongs to its order, and to the case of the order's patient where there is one: a stock
-- order has no patient, and a deleted patient has no case (no_case). What is on anything else, or on a type that does
-- not exist, is out of scope here (case_messages_records.sql, doctor_notes.sql).
-- The author may be gone: the text stays, without one.
-- The class is told by what the text contains, as for the messages of a case.

with classified as (
    select
        r.id,
        case
            when lower(r.text) like '%approve%' or lower(r.text) like '%looks good%' then 'doctor_response'
            when lower(r.text) like '%please%' or r.text like '%?%'                  then 'patient_question'
            when lower(r.text) like '%treatment%' or lower(r.text) like '%plan%'     then 'treatment_update'
            else                                                                          'clinical_note'
        end                                                    as message_type
    from source.dispatch_record r
)

select
    r.id                                                       as _key,
    case
        when t.id is null          then skip('unknown_content_type')
        when t.family = 'plan'     then skip('on_plan')
        when t.family = 'patient'  then skip('on_patient')
        when t.family = 'people'   then skip('on_people')
        when t.family = 'files'    then skip('on_files')
        when t.family = 'clinical' then skip('on_clinical')
        when t.family = 'business' then skip('on_business')
        when t.family = 'workflow' then skip('on_workflow')
        when t.family = 'messages' then skip('on_messages')
        when t.family = 'system'   then skip('on_system')
        when t.family = 'other'    then skip('on_other_model')
        when i.id is null          then reject('missing_instruction', 'orders', r.object_id)
        when o._key is null        then reject('order_not_migrated', 'orders', r.object_id)
        else                            migrate()
    end                                                        as _outcome,
    warnings(
        r.author_id is not null and u._key is null, 'author_unknown',
        o._key is not null and c._key is null,      'no_case'
    )                                                          as _warnings,
    r.id                                                       as legacy_id,
    legacy_uuid('order', i.id)                                 as order_id,
    case when c._key is not null then legacy_uuid('case', i.patient_id) end as case_id,
    case when u._key is not null then legacy_uuid('profile', r.author_id) end as author_id,
    k.message_type                                             as message_type,
    r.text                                                     as content,
    json_merge(
        row_json(r._row),
        json_object('content_type', t.app_label || '.' || t.model, 'message_classification', k.message_type)
    )                                                          as metadata,
    r.created_at                                               as created_at
from source.dispatch_record r
left join classified                  k on k.id   = r.id
left join shared.content_types        t on t.id   = r.content_type_id
left join source.dispatch_instruction i on i.id   = r.object_id and t.family = 'instruction'
left join migrated.orders             o on o._key = i.id
left join migrated.cases              c on c._key = i.patient_id
left join migrated.profiles           u on u._key = r.author_id
