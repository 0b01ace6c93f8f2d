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
-- or in a root without an instruction that exists. (treatment_plans.sql explains the walk.)
-- The sender may be gone: the message stays, without one.
-- The class is told by what the text contains; the first that fits wins.

with recursive top as (
    select p.id, p.instruction_id, p.parent_id is not null as is_orphan
    from source.dispatch_plan p
    left join source.dispatch_plan parent on parent.id = p.parent_id
    where parent.id is null
),

chain as (
    select t.id, t.id as root_id, t.instruction_id, t.is_orphan
    from top t
    union all
    select p.id, c.root_id, c.instruction_id, c.is_orphan
    from chain c
    join source.dispatch_plan p on p.parent_id = c.id
),

plan as (
    select
        p.id,
        c.id is null                                           as is_cycle,
        c.root_id,
        case when not c.is_orphan then i.id end                as instruction_id,
        i.patient_id
    from source.dispatch_plan p
    left join chain                       c on c.id = p.id
    left join source.dispatch_instruction i on i.id = c.instruction_id
),

classified as (
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
        when p.id is null             then reject('missing_plan')
        when p.is_cycle               then reject('plan_cycle')
        when p.instruction_id is null then reject('missing_instruction')
        when o._key is null           then reject('order_not_migrated')
        when c._key is null           then reject('case_not_migrated')
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
left join plan                     p  on p.id    = m.plan_id
left join migrated.orders          o  on o._key  = p.instruction_id
left join migrated.cases           c  on c._key  = p.patient_id
left join migrated.treatment_plans tp on tp._key = m.plan_id
left join migrated.profiles        u  on u._key  = m.author_id
