-- Who sees a template, by the technician's role.
create table oracle_template_view_roles as
select
    v.id::bigint                                         as key,
    oracle_outcome('template_view_role', v.id, r.reason) as outcome,
    r.reason                                             as reason,
    '{}'::text[]                                         as warnings,
    case when r.reason is null and not oracle_is_adopted('template_view_role', v.id) then jsonb_build_object(
        'id', oracle_uuid('template_view_role', v.id),
        'legacy_id', v.id,
        'template_id', oracle_uuid('template', v.template_id),
        'technician_role_id', oracle_uuid('technician_role', v.role_id),
        'role_name', r.name,
        'metadata', oracle_source(to_jsonb(v), 'dispatch_template_view_roles')
            || jsonb_build_object('role_name', r.name),
        'created_at', v.created_at
    ) end                                                as row
from dispatch_template_view_roles v
cross join lateral (
    select
        max(role.name) as name,
        case
            when v.template_id not in (select t.id from dispatch_template t) then 'template_not_migrated'
            when count(role.id) = 0 then 'unknown_role'
        end as reason
    from dispatch_role role
    where role.id = v.role_id
) r;

alter table oracle_template_view_roles add primary key (key);
