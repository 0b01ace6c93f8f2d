/*---
source      = "dispatch_comment"
key         = "id"
entity      = "comment_message"
target      = "case_messages"
accept      = 0.99
description = "Comments on a plan become messages of the patient's case."
---*/

-- A comment belongs to a plan, the plan to the root of its revisions, the root to an instruction, that to an order,
-- the order to a patient, and the patient to a case. missing_plan: the plan of the comment does not exist.
-- plan_cycle: its parents go round in a circle. missing_instruction: its chain ends in a parent that does not exist,
-- or in a root without an instruction that exists. (shared/plan_roots.sql explains the walk.)
-- The sender may be gone: the message stays, without one.
-- The class is told by what the text contains; the first that fits wins.

with classified as (
    select
        m.id,
        case
            when lower(m.text) like '%approve%' or lower(m.text) like '%looks good%' then 'doctor_response'
            when lower(m.text) like '%please%' or m.text like '%?%'                  then 'patient_question'
            when lower(m.text) like '%treatment%' or lower(m.text) like '%plan%'     then 'treatment_update'
            else                                                                          'clinical_note'
        end                                                    as message_type
    from source.dispatch_comment m
)

select
    m.id                                                       as _key,
    case
        when p.id is null             then reject('missing_plan', 'treatment_plans', m.plan_id)
        when p.is_cycle               then reject('plan_cycle', 'treatment_plans', m.plan_id)
        when p.instruction_id is null then reject('missing_instruction', 'treatment_plans', m.plan_id)
        when o._key is null           then reject('order_not_migrated', 'orders', p.instruction_id)
        when c._key is null           then reject('case_not_migrated', 'cases', p.patient_id)
        else                               migrate()
    end                                                        as _outcome,
    warnings(m.author_id is not null and u._key is null, 'sender_unknown') as _warnings,
    m.id                                                       as legacy_comment_id,
    legacy_uuid('case', p.patient_id)                          as case_id,
    legacy_uuid('order', p.instruction_id)                     as order_id,
    case when tp._key is not null then legacy_uuid('treatment_plan', m.plan_id) end as treatment_plan_id,
    case when u._key is not null then legacy_uuid('profile', m.author_id) end as sender_id,
    k.message_type                                             as message_type,
    m.text                                                     as content,
    json_merge(
        row_json(m._row),
        json_object('message_classification', k.message_type, 'root_plan_legacy_id', p.root_id)
    )                                                          as metadata,
    m.created_at                                               as created_at
from source.dispatch_comment m
left join classified               k  on k.id    = m.id
left join shared.plan_roots        p  on p.id    = m.plan_id
left join migrated.orders          o  on o._key  = p.instruction_id
left join migrated.cases           c  on c._key  = p.patient_id
left join migrated.treatment_plans tp on tp._key = m.plan_id
left join migrated.profiles        u  on u._key  = m.author_id
