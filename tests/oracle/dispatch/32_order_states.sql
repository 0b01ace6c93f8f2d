-- Every state is a state of its order.
create table oracle_order_states as
select
    s.id::bigint                                  as key,
    oracle_outcome('order_state', s.id, r.reason) as outcome,
    r.reason                                      as reason,
    array_remove(array[
        case when s.actor_id is not null and u.id is null then 'actor_unknown' end,
        case when oracle_status(s.status) = 'unknown' then 'status_unknown' end
    ], null)                                      as warnings,
    case when r.reason is null and not oracle_is_adopted('order_state', s.id) then jsonb_build_object(
        'id', oracle_uuid('order_state', s.id),
        'legacy_state_id', s.id,
        'order_id', oracle_uuid('order', s.instruction_id),
        'state', oracle_status(s.status),
        'is_on', s."on",
        'actor_id', oracle_uuid('profile', u.id),
        'is_system_generated', u.id is null,
        'metadata', oracle_source(to_jsonb(s), 'dispatch_state') || jsonb_build_object(
            'order_state', oracle_status(s.status),
            'actor', case when u.id is not null then 'known' when s.actor_id is null then 'none' else 'unknown' end
        ),
        'created_at', s.created_at
    ) end                                         as row
from dispatch_state s
left join oracle_orders o on o.key = s.instruction_id
left join auth_user u on u.id = s.actor_id
cross join lateral (
    select case
        when o.key is null then 'invalid_reference'
        when o.outcome = 'rejected' then 'order_not_migrated'
    end as reason
) r;

alter table oracle_order_states add primary key (key);
