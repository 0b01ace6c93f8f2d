-- Work on an order for a role, by a technician or by somebody else. The UUIDs of what many tasks name are made once.
create table oracle_tasks as
with order_ids as materialized (
    select key, oracle_uuid('order', key) as id from oracle_orders where outcome in ('migrated', 'adopted')
),
role_ids as materialized (
    select key, oracle_uuid('technician_role', key) as id
    from oracle_technician_roles
    where outcome in ('migrated', 'adopted')
),
people as materialized (
    select u.id as key, oracle_uuid(e.entity, u.id) as id, e.entity = 'technician' as is_technician
    from auth_user u
    cross join lateral (
        select case
            when u.id in (select ur.user_id from dispatch_user_role ur union select a.user_id from dispatch_agent a)
                then 'technician'
            else 'profile'
        end as entity
    ) e
),
judged as (
    select
        t,
        order_ids.id as order_id,
        role_ids.id  as role_id,
        people.id    as person_id,
        people.is_technician,
        case
            when coalesce(t.instruction_id, 0) = 0
                or not exists (select from dispatch_instruction i where i.id = t.instruction_id)
                then 'missing_instruction'
            when order_ids.id is null then 'order_not_migrated'
            when role_ids.id is null then 'unknown_role'
        end as reason
    from dispatch_task t
    left join order_ids on order_ids.key = t.instruction_id
    left join role_ids on role_ids.key = t.role_id
    left join people on people.key = t.assignee_id
)
select
    (t).id::bigint                           as key,
    oracle_outcome('task', (t).id, j.reason) as outcome,
    j.reason                                 as reason,
    array_remove(array[
        case when (t).assignee_id is not null and j.person_id is null then 'assignee_unknown' end,
        case when s.status is null then 'status_unknown' end
    ], null)                                 as warnings,
    case when j.reason is null and not oracle_is_adopted('task', (t).id) then jsonb_build_object(
        'id', oracle_uuid('task', (t).id),
        'legacy_id', (t).id,
        'order_id', j.order_id,
        'technician_role_id', j.role_id,
        'technician_id', case when j.is_technician then j.person_id end,
        'profile_id', case when not j.is_technician then j.person_id end,
        'kind', (t).kind,
        'status', coalesce(s.status, 'unknown'),
        'due_at', (t).due_at,
        'completed_at', (t).completed_at,
        'metadata', oracle_source(to_jsonb(t), 'dispatch_task'),
        'created_at', (t).created_at
    ) end                                    as row
from judged j
left join unnest(array['new', 'assigned', 'in_progress', 'waiting', 'completed', 'cancelled']) s (status)
    on s.status = (t).status;

alter table oracle_tasks add primary key (key);
