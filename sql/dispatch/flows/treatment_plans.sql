/*---
source      = "dispatch_plan"
key         = "id"
entity      = "treatment_plan"
accept      = 0.99
description = "Plans and their revisions, under the order of the instruction that the root plan carries."
---*/

-- A plan with a parent is a revision of it. Only the root of a chain, a plan without a parent, carries the
-- instruction, and that gives the order of all its revisions, however deep.
--
-- Chains are walked from the top down, which always ends: every plan has one parent, so it is reached at most once. A
-- top is a root, or a plan whose parent does not exist: such a chain is an orphan and leads to no instruction
-- (missing_instruction, whatever instruction its top may name). What no top reaches is on a cycle, or hangs from one.

with recursive top as (
    select p.id, p.instruction_id, p.parent_id is not null as is_orphan
    from source.dispatch_plan p
    left join source.dispatch_plan parent on parent.id = p.parent_id
    where parent.id is null
),

chain as (
    select t.id, t.id as root_id, t.instruction_id, t.is_orphan, 0 as revision
    from top t
    union all
    select p.id, c.root_id, c.instruction_id, c.is_orphan, c.revision + 1
    from chain c
    join source.dispatch_plan p on p.parent_id = c.id
)

select
    p.id                                                       as _key,
    case
        when c.id is null   then reject('plan_cycle')
        when c.is_orphan    then reject('missing_instruction')
        when i.id is null   then reject('missing_instruction')
        when o._key is null then reject('order_not_migrated')
        else                     migrate()
    end                                                        as _outcome,
    p.id                                                       as legacy_plan_id,
    legacy_uuid('order', i.id)                                 as order_id,
    legacy_uuid('treatment_plan', p.parent_id)                 as parent_plan_id,
    legacy_uuid('treatment_plan', c.root_id)                   as root_plan_id,
    c.revision                                                 as revision,
    p.number                                                   as plan_number,
    p.notes                                                    as notes,
    p.is_approved                                              as is_approved,
    json_merge(row_json(p._row), json_object('root_plan_legacy_id', c.root_id, 'revision', c.revision)) as metadata,
    p.created_at                                               as created_at
from source.dispatch_plan p
left join chain                       c on c.id   = p.id
left join source.dispatch_instruction i on i.id   = c.instruction_id
left join migrated.orders             o on o._key = i.id
