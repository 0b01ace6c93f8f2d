/*---
source      = "dispatch_plan"
key         = "id"
entity      = "treatment_plan"
accept      = 0.99
description = "Plans and their revisions, under the order of the instruction that the root plan carries."

[remedies]
missing_instruction = "Restore the instruction of the root plan, or name another one there."
order_not_migrated  = "Recover the order, and they follow."
plan_cycle          = "Break the circle: decide which of its plans is the root."
---*/

-- A plan with a parent is a revision of it; the root of the chain carries the instruction, and that gives the order of
-- all its revisions, however deep (shared/plan_roots.sql). missing_instruction: the chain ends in a parent that does
-- not exist, or in a root without an instruction that exists. plan_cycle: it goes round in a circle, or hangs from one.
-- A revision owes what became of it to its parent, a root to its instruction.

select
    p.id                                                       as _key,
    case
        when r.is_cycle               then reject('plan_cycle', 'treatment_plans', p.parent_id)
        when r.instruction_id is null and p.parent_id is not null
                                      then reject('missing_instruction', 'treatment_plans', p.parent_id)
        when r.instruction_id is null then reject('missing_instruction', 'orders', r.root_instruction_id)
        when o._key is null           then reject('order_not_migrated', 'orders', r.instruction_id)
        else                               migrate()
    end                                                        as _outcome,
    p.id                                                       as legacy_plan_id,
    legacy_uuid('order', r.instruction_id)                     as order_id,
    legacy_uuid('treatment_plan', p.parent_id)                 as parent_plan_id,
    legacy_uuid('treatment_plan', r.root_id)                   as root_plan_id,
    r.revision                                                 as revision,
    p.number                                                   as plan_number,
    p.notes                                                    as notes,
    p.is_approved                                              as is_approved,
    json_merge(row_json(p._row), json_object('root_plan_legacy_id', r.root_id, 'revision', r.revision)) as metadata,
    p.created_at                                               as created_at
from source.dispatch_plan p
left join shared.plan_roots r on r.id   = p.id
left join migrated.orders   o on o._key = r.instruction_id
