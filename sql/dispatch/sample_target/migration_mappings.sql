-- migration_mappings that the target holds before the migration: those of the offices moved earlier (offices.sql).
select
    'office' as entity_type,
    cast(o.id as bigint) as legacy_id,
    concat(
        substr(hex, 1, 8), '-', substr(hex, 9, 4), '-4', substr(hex, 14, 3), '-a', substr(hex, 18, 3), '-',
        substr(hex, 21, 12)) as entity_uuid
from (select n from sample._figures where deck = 'adopted') f
cross join (
    select id,
        concat(lpad(to_hex(rnd($seed + 81, id)), 16, '0'), lpad(to_hex(rnd($seed + 82, id)), 16, '0')) as hex
    from sample.dispatch_office
) o
where o.id % 2 = 0 and o.id <= 2 * f.n
