/*---
source      = "dispatch_comment"
key         = "id"
entity      = "comment_message"
target      = "case_messages"
accept      = 0.99
description = "Comments on a plan become messages of the patient's case."

[remedies]
missing_plan        = "Restore the plan; or try dispatch-general-case, or dispatch-archive-notes."
missing_instruction = "Restore the root plan's instruction; or as for missing_plan."
plan_cycle          = "Break the circle of plans; or as for missing_plan."
order_not_migrated  = "Recover the order, and they follow. Or dispatch-general-case."
case_not_migrated   = "The pipeline dispatch-default-case gives them a case; or restore the patient."
---*/

-- A comment belongs to a plan, the plan to the root of its revisions, the root to an instruction, that to an order,
-- the order to a patient, and the patient to a case. missing_plan: the plan of the comment does not exist.
-- plan_cycle: its parents go round in a circle. missing_instruction: its chain ends in a parent that does not exist,
-- or in a root without an instruction that exists. (shared/plan_roots.sql explains the walk.)
-- The sender may be gone: the message stays, without one.
-- The class is told by what the text contains (shared/message_types.sql).
-- A remedy to try: with $general_case, what cannot be placed so goes to the general case of its patient or author.

select
    m.id                                                       as _key,
    case
        when $general_case and coalesce(c._key, g.patient_id) is not null then migrate()
        when p.id is null             then reject('missing_plan', 'treatment_plans', m.plan_id)
        when p.is_cycle               then reject('plan_cycle', 'treatment_plans', m.plan_id)
        when p.instruction_id is null then reject('missing_instruction', 'treatment_plans', m.plan_id)
        when o._key is null           then reject('order_not_migrated', 'orders', p.instruction_id)
        when c._key is null           then reject('case_not_migrated', 'cases', p.patient_id)
        else                               migrate()
    end                                                        as _outcome,
    warnings(
        m.author_id is not null and u._key is null, 'sender_unknown',
        $general_case and (o._key is null or c._key is null), 'general_case'
    )                                                          as _warnings,
    m.id                                                       as legacy_comment_id,
    legacy_uuid('case', coalesce(c._key, g.patient_id))        as case_id,
    case when c._key is not null then legacy_uuid('order', o._key) end as order_id,
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
left join shared.message_types     k  on k.key   = m.id and k.kind = 'comment'
left join shared.plan_roots        p  on p.id    = m.plan_id
left join migrated.orders          o  on o._key  = p.instruction_id
left join migrated.cases           c  on c._key  = p.patient_id
left join migrated.treatment_plans tp on tp._key = m.plan_id
left join migrated.profiles        u  on u._key  = m.author_id
left join shared.general_cases     g  on g.user_id = m.author_id
