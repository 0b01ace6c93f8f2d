select
    m.id,
    t.id::bigint as legacy_id,
    o.id as order_id,
    r.id as technician_role_id,
    w.id as technician_id,
    case when w.id is null then u.id end as profile_id,
    t.kind::text as kind,
    case
        when t.status in ('new', 'assigned', 'in_progress', 'waiting', 'completed', 'cancelled')
            then t.status::{task_status}
        else 'unknown'
    end as status,
    t.due_at,
    t.completed_at,
    {json}_build_object(
        'source_task_id', t.id, 'source_instruction_id', t.instruction_id, 'source_assignee_id', t.assignee_id,
        'source_role_id', t.role_id, 'source_kind', t.kind, 'source_status', t.status, 'source_due_at', t.due_at,
        'source_completed_at', t.completed_at, 'source_created_at', t.created_at,
        'migration_source', 'dispatch_task'
    ) as metadata,
    t.created_at
from dispatch_task t
join map_task m on m.legacy_id = t.id
join map_order o on o.legacy_id = t.instruction_id
join map_technician_role r on r.legacy_id = t.role_id
left join map_technician w on w.legacy_id = t.assignee_id
left join map_profile u on u.legacy_id = t.assignee_id
