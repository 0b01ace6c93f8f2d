-- The tables of everybody but the system, and what this role may do with them.
select
    c.oid,
    n.nspname::text                                            as schema,
    c.relname::text                                            as name,
    c.relkind = 'p' or c.relispartition or c.relhassubclass    as inherits,
    c.relkind = 'p'                                            as partitioned,
    pg_has_role(c.relowner, 'USAGE')                           as owned,
    has_schema_privilege(n.oid, 'USAGE')
        and (has_table_privilege(c.oid, 'INSERT')
             or has_any_column_privilege(c.oid, 'INSERT'))     as writable,
    c.reltuples::float8                                        as estimated_rows,
    exists (select from pg_catalog.pg_trigger t
             where t.tgrelid = c.oid and not t.tgisinternal
               and t.tgenabled <> 'D'
               and t.tgtype & 7 = 7)                           as row_trigger_before_insert
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p')
  and n.nspname <> 'information_schema'
  and n.nspname !~ '^pg_'
order by n.nspname, c.relname
