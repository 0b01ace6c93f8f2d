-- Every role.
create table oracle_technician_roles as
select
    r.id::bigint                                  as key,
    oracle_outcome('technician_role', r.id, null) as outcome,
    null::text                                    as reason,
    '{}'::text[]                                  as warnings,
    case when not oracle_is_adopted('technician_role', r.id) then jsonb_build_object(
        'id', oracle_uuid('technician_role', r.id),
        'legacy_id', r.id,
        'code', r.code,
        'name', r.name,
        'metadata', oracle_source(to_jsonb(r), 'dispatch_role'),
        'created_at', r.created_at
    ) end                                         as row
from dispatch_role r;

alter table oracle_technician_roles add primary key (key);
