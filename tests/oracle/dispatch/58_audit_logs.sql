-- What was done by hand, when, by whom and to what; only what was done must be known.
create table oracle_audit_logs as
select
    l.id::bigint                                as key,
    oracle_outcome('audit_log', l.id, r.reason) as outcome,
    r.reason                                    as reason,
    array_remove(array[
        case when u.id is null then 'actor_unknown' end,
        case when l.content_type_id <> all (array(select id from django_content_type)) then 'content_type_unknown' end
    ], null)                                    as warnings,
    case when r.reason is null and not oracle_is_adopted('audit_log', l.id) then jsonb_build_object(
        'id', oracle_uuid('audit_log', l.id),
        'legacy_id', l.id,
        'actor_id', oracle_uuid('profile', u.id),
        'action', (array['addition', 'change', 'deletion'])[l.action_flag],
        'model', t.model,
        'object_legacy_id', l.object_id,
        'object_repr', l.object_repr,
        'change_message', l.change_message,
        'metadata', oracle_source(to_jsonb(l), 'django_admin_log')
            || jsonb_build_object('content_type', t.written),
        'created_at', l.action_time
    ) end                                       as row
from django_admin_log l
left join auth_user u on u.id = l.user_id
left join oracle_content_types t on t.id = l.content_type_id
cross join lateral (
    select case when l.action_flag not between 1 and 3 then 'unknown_action' end as reason
) r;

alter table oracle_audit_logs add primary key (key);
