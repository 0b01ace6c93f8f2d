-- Who is an agent or has a role, whatever role that is.
create table oracle_technicians as
select
    u.id::bigint as key,
    case when first.origin is null then 'skipped' else oracle_outcome('technician', u.id, null) end as outcome,
    case when first.origin is null then 'not_a_technician' end as reason,
    array_remove(array[
        case when first.origin is not null and not first.is_known then 'role_unknown' end,
        case when n.agents + n.roles > 1 then 'several_roles' end
    ], null)     as warnings,
    case when first.origin is not null and not oracle_is_adopted('technician', u.id) then jsonb_build_object(
        'id', oracle_uuid('technician', u.id),
        'legacy_id', u.id,
        'profile_id', oracle_uuid('profile', u.id),
        'technician_role_id', case when first.is_known then oracle_uuid('technician_role', first.role_id) end,
        'full_name', oracle_full_name(u.first_name, u.last_name),
        'is_agent', n.agents > 0,
        'is_active', u.is_active,
        'technician_since', first.created_at,
        'metadata', oracle_source(to_jsonb(u), 'auth_user') || jsonb_build_object(
            'technician_origin', first.origin,
            'technician_origin_id', first.id,
            'role_legacy_id', first.role_id,
            'role_count', n.agents + n.roles
        ),
        'created_at', u.created_at
    ) end        as row
from auth_user u
cross join lateral (
    select
        (select count(*) from dispatch_agent a where a.user_id = u.id) as agents,
        (select count(*) from dispatch_user_role ur where ur.user_id = u.id) as roles
) n
left join lateral (
    -- What exists before what does not, agents before others, then the older row.
    select held.*, held.role_id in (select r.id from dispatch_role r) as is_known
    from (
        select 'dispatch_agent' as origin, a.id, a.role_id, a.created_at from dispatch_agent a where a.user_id = u.id
        union all
        select 'dispatch_user_role', ur.id, ur.role_id, ur.created_at
        from dispatch_user_role ur
        where ur.user_id = u.id
    ) held
    order by is_known desc, held.origin, held.id
    limit 1
) first on true;

alter table oracle_technicians add primary key (key);
