-- A value that PostgreSQL reads as JSON, or none.
create table oracle_settings as
select
    s.id::bigint as key,
    oracle_outcome('setting', s.id, r.reason) as outcome,
    r.reason     as reason,
    case when e.text is null then array['value_empty'] else '{}' end as warnings,
    case when r.reason is null and not oracle_is_adopted('setting', s.id) then jsonb_build_object(
        'id', oracle_uuid('setting', s.id),
        'legacy_id', s.id,
        'key', s.key,
        'value', coalesce(e.text, '{}')::jsonb,
        'metadata', oracle_source(to_jsonb(s), 'dispatch_setting')
            || case when e.text is null then '{"value_was_empty": true}' else '{}' end::jsonb,
        'created_at', s.created_at
    ) end        as row
from dispatch_setting s
cross join lateral (select nullif(s.value, '') as text) e
cross join lateral (select case when not oracle_is_jsonb(e.text) then 'malformed_json' end as reason) r;

alter table oracle_settings add primary key (key);
