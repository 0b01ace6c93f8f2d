-- The columns that are moved, in the target's order. When a row was last changed is left to its default; so is all that
-- a mapping has beyond the three columns that everybody knows.
select json_agg(json_build_object('name', a.attname, 'type', t.typname) order by a.attnum)
from pg_attribute a
join pg_type t on t.oid = a.atttypid
where a.attrelid = 'public.{table}'::regclass
    and a.attnum > 0
    and not a.attisdropped
    and a.attname <> 'updated_at'
    and ('{table}' <> 'migration_mappings' or a.attname in ('entity_type', 'legacy_id', 'entity_uuid'))
