-- Who sees a template, by the group's name.
create table oracle_template_view_groups as
select
    v.id::bigint                                          as key,
    oracle_outcome('template_view_group', v.id, r.reason) as outcome,
    r.reason                                              as reason,
    '{}'::text[]                                          as warnings,
    case when r.reason is null and not oracle_is_adopted('template_view_group', v.id) then jsonb_build_object(
        'id', oracle_uuid('template_view_group', v.id),
        'legacy_id', v.id,
        'template_id', oracle_uuid('template', v.template_id),
        'group_name', r.name,
        'metadata', oracle_source(to_jsonb(v), 'dispatch_template_view_groups')
            || jsonb_build_object('group_name', r.name),
        'created_at', v.created_at
    ) end                                                 as row
from dispatch_template_view_groups v
cross join lateral (
    select
        max(g.name) as name,
        case
            when v.template_id not in (select t.id from dispatch_template t) then 'template_not_migrated'
            when count(g.id) = 0 then 'unknown_group'
        end as reason
    from auth_group g
    where g.id = v.group_id
) r;

alter table oracle_template_view_groups add primary key (key);
