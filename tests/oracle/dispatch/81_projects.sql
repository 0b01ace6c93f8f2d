-- Every project; the owner and the status as far as they are known.
create table oracle_projects as
select
    p.id::bigint                          as key,
    oracle_outcome('project', p.id, null) as outcome,
    null::text                            as reason,
    array_remove(array[
        case when p.owner_id is not null and u.id is null then 'owner_unknown' end,
        case when s.known is null then 'status_unknown' end
    ], null)                              as warnings,
    case when not oracle_is_adopted('project', p.id) then jsonb_build_object(
        'id', oracle_uuid('project', p.id),
        'legacy_id', p.id,
        'name', p.name,
        'owner_id', oracle_uuid('profile', u.id),
        'status', coalesce(s.known, 'unknown'),
        'metadata', oracle_source(to_jsonb(p), 'dispatch_project'),
        'created_at', p.created_at
    ) end                                 as row
from dispatch_project p
left join auth_user u on u.id = p.owner_id
left join unnest('{planned,active,on_hold,completed,cancelled}'::text[]) s (known) on s.known = p.status;

alter table oracle_projects add primary key (key);
