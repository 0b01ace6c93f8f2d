-- Which of some tables ($1: their oids) another session holds for itself.
select distinct c.oid::pg_catalog.regclass::pg_catalog.text as name
from pg_catalog.pg_locks l
join pg_catalog.pg_class c on c.oid = l.relation
where l.relation = any ($1) and l.granted and l.mode = 'AccessExclusiveLock' and l.pid <> pg_catalog.pg_backend_pid()
order by name
