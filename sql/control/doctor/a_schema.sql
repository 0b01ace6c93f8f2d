-- A schema with tables that are neither the system's nor an extension's: the one with the most.
select n.nspname::text as schema
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
group by n.nspname
order by count(*) desc, n.nspname
limit 1
