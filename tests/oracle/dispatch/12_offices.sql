-- Every office; the target's mappings tell which were there before.
create table oracle_offices as
select
    o.id::bigint                         as key,
    oracle_outcome('office', o.id, null) as outcome,
    null::text                           as reason,
    '{}'::text[]                         as warnings,
    case when not oracle_is_adopted('office', o.id) then jsonb_build_object(
        'id', oracle_uuid('office', o.id),
        'legacy_id', o.id,
        'name', o.name,
        'country', o.country,
        'city', nullif(o.city, ''),
        'phone', nullif(o.phone, ''),
        'email', nullif(o.email, ''),
        'is_active', o.is_deleted is not true,
        'metadata', oracle_source(to_jsonb(o), 'dispatch_office'),
        'created_at', o.created_at
    ) end                                as row
from dispatch_office o;

alter table oracle_offices add primary key (key);
