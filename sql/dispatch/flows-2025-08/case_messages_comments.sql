/*---
source      = "dispatch_comment"
key         = "id"
entity      = "comment_message"
target      = "case_messages"
accept      = 0.35
description = "Comments on a root plan become messages of the patient's case (the rules of August 2025)."

[remedies]
plan_is_revision = "Apply the current rules, which take a revision to its root."
---*/

-- The rules of August 2025: the plan of the comment is looked up as it is, and only root plans were known by then. So
-- a comment on a revision is lost (plan_is_revision), which is most of them; the threshold says so. Plan →
-- instruction → order → patient → case, as in the current rules.
-- The sender may be gone: the message stays, without one.
-- The class is told by what the text contains (shared/message_types.sql).

with plan as (
    select p.id, p.parent_id, i.id as instruction_id, i.patient_id
    from source.dispatch_plan p
    left join source.dispatch_instruction i on i.id = p.instruction_id
)

select
    m.id                                                       as _key,
    case
        when p.id is null             then reject('missing_plan', 'treatment_plans', m.plan_id)
        when p.parent_id is not null  then reject('plan_is_revision')
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
    json_merge(row_json(m._row), json_object('message_classification', k.message_type)) as metadata,
    m.created_at                                               as created_at
from source.dispatch_comment m
left join shared.message_types     k  on k.key   = m.id and k.kind = 'comment'
left join plan                     p  on p.id    = m.plan_id
left join migrated.orders          o  on o._key  = p.instruction_id
left join migrated.cases           c  on c._key  = p.patient_id
left join migrated.treatment_plans tp on tp._key = m.plan_id
left join migrated.profiles        u  on u._key  = m.author_id
