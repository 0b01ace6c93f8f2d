-- What people wrote beside tables of the source.
select n.nspname::text as schema, c.relname::text as name, d.description as comment
from pg_catalog.pg_description d
join pg_catalog.pg_class c     on c.oid = d.objoid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where d.classoid = 'pg_catalog.pg_class'::regclass
  and d.objsubid = 0
  and c.relkind in ('r', 'p')
  and n.nspname <> 'information_schema'
  and n.nspname !~ '^pg_'
