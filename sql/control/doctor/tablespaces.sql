-- Where the database's tables lie, beside its own place, and how much is there in all.
select t.spcname::text as name,
       case when pg_catalog.has_tablespace_privilege(t.oid, 'create') or t.spcname = 'pg_default'
            then pg_catalog.pg_tablespace_size(t.oid) end as size
from pg_catalog.pg_tablespace t
where exists (select from pg_catalog.pg_class c where c.reltablespace = t.oid and t.spcname <> 'pg_global')
order by 1
