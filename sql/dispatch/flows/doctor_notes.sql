/*---
source      = "dispatch_record"
key         = "id"
entity      = "doctor_note"
accept      = 0.99
description = "Records on a patient are the doctors' notes."

[remedies]
patient_not_migrated = "Restore the patient in the source."
unknown_content_type = "Find out what the deleted content type was, and add it to shared/content_types.sql."
---*/

-- A record on a patient is a note of that patient. Records on plans and instructions have their own flows
-- (case_messages_records.sql, treatment_discussions.sql), all others are out of scope by the family of their model.
-- A record whose content type does not exist belongs to none of them; it is rejected here, and only here.
-- The author may be gone: the note stays, without one.

select
    r.id                                                       as _key,
    case
        when t.id is null             then reject('unknown_content_type')
        when t.family = 'plan'        then skip('on_plan')
        when t.family = 'instruction' then skip('on_instruction')
        when t.family = 'people'      then skip('on_people')
        when t.family = 'files'       then skip('on_files')
        when t.family = 'clinical'    then skip('on_clinical')
        when t.family = 'business'    then skip('on_business')
        when t.family = 'workflow'    then skip('on_workflow')
        when t.family = 'messages'    then skip('on_messages')
        when t.family = 'system'      then skip('on_system')
        when t.family = 'other'       then skip('on_other_model')
        when p._key is null           then reject('patient_not_migrated', 'patients', r.object_id)
        else                               migrate()
    end                                                        as _outcome,
    warnings(r.author_id is not null and u._key is null, 'author_unknown') as _warnings,
    r.id                                                       as legacy_record_id,
    legacy_uuid('patient', r.object_id)                        as patient_id,
    case when u._key is not null then legacy_uuid('profile', r.author_id) end as author_id,
    r.text                                                     as content,
    json_merge(row_json(r._row), json_object('content_type', t.app_label || '.' || t.model)) as metadata,
    r.created_at                                               as created_at
from source.dispatch_record r
left join shared.content_types t on t.id   = r.content_type_id
left join migrated.patients    p on p._key = r.object_id and t.family = 'patient'
left join migrated.profiles    u on u._key = r.author_id
