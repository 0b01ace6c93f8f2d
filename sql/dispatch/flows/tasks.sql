/*---
source      = "dispatch_task"
key         = "id"
entity      = "task"
accept      = 0.99
on_gone     = "delete"
description = "The work on an order, and who is to do it."

[remedies]
missing_instruction = "Restore the instruction in the source, or point the rows to another one."
order_not_migrated  = "Recover the order, and they follow."
unknown_role        = "Add the role to dispatch_role, or map the number to one that is there."
---*/

-- A task is of the order of its instruction, and for a role that exists. An instruction that is NULL, 0 or gone is no
-- instruction.
-- The assignee is a technician where the user is one, else the user's profile; one who is named but unknown is a
-- warning. A status that is none of the six is kept as unknown, with a warning.
-- Three quarters of a million rows: joins on keys alone, and the metadata is the source row as it is.

select
    t.id                                                       as _key,
    case
        when i.id is null   then reject('missing_instruction', 'orders', t.instruction_id)
        when o._key is null then reject('order_not_migrated', 'orders', t.instruction_id)
        when r._key is null then reject('unknown_role', 'technician_roles', t.role_id)
        else                     migrate()
    end                                                        as _outcome,
    warnings(
        t.assignee_id is not null and u._key is null, 'assignee_unknown',
        t.status not in ('new', 'assigned', 'in_progress', 'waiting', 'completed', 'cancelled'), 'status_unknown'
    )                                                          as _warnings,
    t.id                                                       as legacy_id,
    legacy_uuid('order', o._key)                               as order_id,
    legacy_uuid('technician_role', r._key)                     as technician_role_id,
    legacy_uuid('technician', w._key)                          as technician_id,
    case when w._key is null then legacy_uuid('profile', u._key) end as profile_id,
    t.kind                                                     as kind,
    case
        when t.status in ('new', 'assigned', 'in_progress', 'waiting', 'completed', 'cancelled') then t.status
        else 'unknown'
    end                                                        as status,
    t.due_at                                                   as due_at,
    t.completed_at                                             as completed_at,
    row_json(t._row)                                           as metadata,
    t.created_at                                               as created_at
from source.dispatch_task t
left join source.dispatch_instruction i on i.id   = t.instruction_id
left join migrated.orders             o on o._key = t.instruction_id
left join migrated.technician_roles   r on r._key = t.role_id
left join migrated.technicians        w on w._key = t.assignee_id
left join migrated.profiles           u on u._key = t.assignee_id
