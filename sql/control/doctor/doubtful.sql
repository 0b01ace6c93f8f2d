-- Indexes that are not valid, and constraints that were never validated, of these tables ($1: schemas, $2: names).
select 'index' as sort, n.nspname || '.' || x.relname as name,
       format('reindex index concurrently %I.%I', n.nspname, x.relname) as statement
from unnest($1::text[], $2::text[]) as t (schema, name)
join pg_catalog.pg_namespace n on n.nspname = t.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name
join pg_catalog.pg_index i on i.indrelid = c.oid and not i.indisvalid
join pg_catalog.pg_class x on x.oid = i.indexrelid and x.relkind = 'i'
union all
select 'constraint', n.nspname || '.' || c.relname || '.' || k.conname,
       format('alter table %I.%I validate constraint %I', n.nspname, c.relname, k.conname)
from unnest($1::text[], $2::text[]) as t (schema, name)
join pg_catalog.pg_namespace n on n.nspname = t.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name
join pg_catalog.pg_constraint k on k.conrelid = c.oid and not k.convalidated
order by 1, 2
