-- Each plan with the root of its revisions, one row a plan.
--
-- A plan with a parent is a revision of it. Only the root of a chain, a plan without a parent, carries the
-- instruction, and that gives the order of all its revisions, however deep.
--
-- Chains are walked from the top down, which always ends: every plan has one parent, so it is reached at most once. A
-- top is a root, or a plan whose parent does not exist: such a chain is an orphan and leads to no instruction, whatever
-- instruction its top may name. What no top reaches is on a cycle, or hangs from one.
--
-- id, is_cycle, root_id (NULL on a cycle), is_orphan, revision (steps below the root), instruction_id (one that exists,
-- else NULL), root_instruction_id (as the root has it written, also where it does not exist), patient_id.

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
    p.id,
    c.id is null                                               as is_cycle,
    c.root_id,
    coalesce(c.is_orphan, false)                               as is_orphan,
    c.revision,
    i.id                                                       as instruction_id,
    c.instruction_id                                           as root_instruction_id,
    i.patient_id
from source.dispatch_plan p
left join chain                       c on c.id = p.id
left join source.dispatch_instruction i on i.id = c.instruction_id and not c.is_orphan
