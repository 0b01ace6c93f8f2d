-- The extensions of this database and where they are.
select e.extname::text as name, n.nspname::text as schema,
       exists (select from pg_catalog.pg_depend d
               join pg_catalog.pg_type t on t.oid = d.objid
               where d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and d.refobjid = e.oid and d.deptype = 'e'
                 and t.typtype = 'b' and t.typcategory <> 'A') as has_types
from pg_catalog.pg_extension e
join pg_catalog.pg_namespace n on n.oid = e.extnamespace
where e.extname <> 'plpgsql'
order by e.extname
