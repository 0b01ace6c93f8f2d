-- Every template.
create table oracle_templates as
select
    t.id::bigint                           as key,
    oracle_outcome('template', t.id, null) as outcome,
    null::text                             as reason,
    '{}'::text[]                           as warnings,
    case when not oracle_is_adopted('template', t.id) then jsonb_build_object(
        'id', oracle_uuid('template', t.id),
        'legacy_id', t.id,
        'name', t.name,
        'kind', t.kind,
        'body', t.body,
        'is_active', t.is_active,
        'metadata', oracle_source(to_jsonb(t), 'dispatch_template'),
        'created_at', t.created_at
    ) end                                  as row
from dispatch_template t;

alter table oracle_templates add primary key (key);
