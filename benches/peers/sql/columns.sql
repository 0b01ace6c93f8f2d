-- The columns that are moved, in the target's order. When a row was last changed, and when a mapping was made, is left
-- to their defaults.
select json_agg(json_build_object('name', a.attname, 'type', t.typname) order by a.attnum)
from pg_attribute a
join pg_type t on t.oid = a.atttypid
where a.attrelid = 'public.{table}'::regclass
    and a.attnum > 0
    and not a.attisdropped
    and a.attname <> 'updated_at'
    and ('{table}', a.attname) <> ('migration_mappings', 'created_at')
