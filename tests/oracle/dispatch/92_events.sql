-- What happened, with a payload that PostgreSQL reads, or none; with an actor, or none.
create table oracle_events as
select
    e.id::bigint                            as key,
    oracle_outcome('event', e.id, r.reason) as outcome,
    r.reason                                as reason,
    array_remove(array[
        case when e.actor_id is distinct from u.id then 'actor_unknown' end,
        case when x.text is null then 'payload_empty' end
    ], null)                                as warnings,
    case when r.reason is null and not oracle_is_adopted('event', e.id) then jsonb_build_object(
        'id', oracle_uuid('event', e.id),
        'legacy_id', e.id,
        'actor_id', oracle_uuid('profile', u.id),
        'kind', e.kind,
        'payload', coalesce(x.text, '{}')::jsonb,
        'occurred_at', e.occurred_at,
        'metadata', oracle_source(to_jsonb(e), 'dispatch_event')
            || case when x.text is null then '{"payload_was_empty": true}' else '{}' end::jsonb,
        'created_at', e.created_at
    ) end                                   as row
from dispatch_event e
left join auth_user u on u.id = e.actor_id
cross join lateral (select nullif(e.payload, '') as text) x
cross join lateral (select case when not oracle_is_jsonb(x.text) then 'malformed_json' end as reason) r;

alter table oracle_events add primary key (key);
