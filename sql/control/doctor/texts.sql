-- Columns of these tables ($1: schemas, $2: names) whose types have no counterpart in Arrow, and so travel as text.
select n.nspname || '.' || c.relname || '.' || a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type
from unnest($1::text[], $2::text[]) as t (schema, name)
join pg_catalog.pg_namespace n on n.nspname = t.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type y on y.oid = a.atttypid
left join pg_catalog.pg_type e on e.oid = y.typelem and y.typcategory = 'A'
left join pg_catalog.pg_type b on b.oid = coalesce(nullif(coalesce(e.typbasetype, y.typbasetype), 0), e.oid, y.oid)
where b.typtype not in ('e')
  and b.typname not in (
      'int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'bool', 'text', 'varchar', 'name', 'json', 'jsonb', 'bpchar', 'char',
      'bytea', 'uuid', 'date', 'time', 'timestamp', 'timestamptz', 'numeric', 'money', 'citext')
order by 1
