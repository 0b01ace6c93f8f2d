-- offices that the target holds before the migration: 371, moved earlier by hand under UUIDs of their own. Every second
-- one of the oldest. migration_mappings.sql names the same UUIDs.
select
    concat(
        substr(hex, 1, 8), '-', substr(hex, 9, 4), '-4', substr(hex, 14, 3), '-a', substr(hex, 18, 3), '-',
        substr(hex, 21, 12)) as id,
    cast(o.id as bigint) as legacy_id,
    o.name,
    o.country,
    o.city,
    o.phone,
    o.email,
    not o.is_deleted as is_active,
    '{"migration_source": "manual import 2025-06"}' as metadata,
    o.created_at
from (select n from sample._figures where deck = 'adopted') f
cross join (
    select *,
        concat(lpad(to_hex(rnd($seed + 81, id)), 16, '0'), lpad(to_hex(rnd($seed + 82, id)), 16, '0')) as hex
    from sample.dispatch_office
) o
where o.id % 2 = 0 and o.id <= 2 * f.n
