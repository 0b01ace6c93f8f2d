/*---
source      = "dispatch_record"
key         = "id"
entity      = "record_message"
target      = "case_messages"
accept      = 0.99
description = "Records on a plan become messages of the patient's case."

[remedies]
missing_plan        = "Restore the plan; or try dispatch-general-case, or dispatch-archive-notes."
missing_instruction = "Restore the root plan's instruction; or as for missing_plan."
plan_cycle          = "Break the circle of plans; or as for missing_plan."
order_not_migrated  = "Recover the order, and they follow. Or dispatch-general-case."
case_not_migrated   = "The pipeline dispatch-default-case gives them a case; or restore the patient."
---*/

-- A record may be on anything: its content type says on what. Those on a plan are messages, as comments are: the plan
-- to the root of its revisions, the root to an instruction, that to an order, the order to a patient, and the patient
-- to a case. missing_plan: the plan of the record does not exist. plan_cycle: its parents go round in a circle.
-- missing_instruction: its chain ends in a parent that does not exist, or in a root without an instruction that exists.
-- Content types are told by name, under the model's present one (shared/content_types.sql): the records of the 26 that
-- bear the plan's old name are messages like the others. All other records are out of scope here: instructions' are
-- treatment_discussions, patients' are doctor_notes, where a type that does not exist is rejected too.
-- The sender may be gone: the message stays, without one.
-- The class is told by what the text contains (shared/message_types.sql).
-- A remedy to try: with $general_case, what cannot be placed so goes to the general case of its patient or author.

select
    r.id                                                       as _key,
    case
        when t.id is null             then skip('unknown_content_type')
        when t.family = 'instruction' then skip('on_instruction')
        when t.family = 'patient'     then skip('on_patient')
        when t.family = 'people'      then skip('on_people')
        when t.family = 'files'       then skip('on_files')
        when t.family = 'clinical'    then skip('on_clinical')
        when t.family = 'business'    then skip('on_business')
        when t.family = 'workflow'    then skip('on_workflow')
        when t.family = 'messages'    then skip('on_messages')
        when t.family = 'system'      then skip('on_system')
        when t.family = 'other'       then skip('on_other_model')
        when $general_case and coalesce(c._key, g.patient_id) is not null then migrate()
        when p.id is null             then reject('missing_plan', 'treatment_plans', r.object_id)
        when p.is_cycle               then reject('plan_cycle', 'treatment_plans', r.object_id)
        when p.instruction_id is null then reject('missing_instruction', 'treatment_plans', r.object_id)
        when o._key is null           then reject('order_not_migrated', 'orders', p.instruction_id)
        when c._key is null           then reject('case_not_migrated', 'cases', p.patient_id)
        else                               migrate()
    end                                                        as _outcome,
    warnings(
        r.author_id is not null and u._key is null, 'sender_unknown',
        $general_case and (o._key is null or c._key is null), 'general_case'
    )                                                          as _warnings,
    r.id                                                       as legacy_record_id,
    legacy_uuid('case', coalesce(c._key, g.patient_id))        as case_id,
    case when c._key is not null then legacy_uuid('order', o._key) end as order_id,
    case when tp._key is not null then legacy_uuid('treatment_plan', r.object_id) end as treatment_plan_id,
    case when u._key is not null then legacy_uuid('profile', r.author_id) end as sender_id,
    k.message_type                                             as message_type,
    r.text                                                     as content,
    json_merge(
        row_json(r._row),
        json_object(
            'content_type',           t.app_label || '.' || t.model,
            'message_classification', k.message_type,
            'root_plan_legacy_id',    p.root_id
        )
    )                                                          as metadata,
    r.created_at                                               as created_at
from source.dispatch_record r
left join shared.message_types     k  on k.key   = r.id and k.kind = 'record'
left join shared.content_types     t  on t.id    = r.content_type_id
left join shared.plan_roots        p  on p.id    = r.object_id and t.family = 'plan'
left join migrated.orders          o  on o._key  = p.instruction_id
left join migrated.cases           c  on c._key  = p.patient_id
left join migrated.treatment_plans tp on tp._key = p.id
left join migrated.profiles        u  on u._key  = r.author_id
left join shared.general_cases     g  on g.user_id = r.author_id
