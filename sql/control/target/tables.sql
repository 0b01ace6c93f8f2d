-- The tables of everybody but the system, and what this role may do with them.
select
    c.oid,
    n.nspname::text                                            as schema,
    c.relname::text                                            as name,
    c.relkind = 'p' or c.relispartition or c.relhassubclass    as inherits,
    c.relkind = 'p'                                            as partitioned,
    pg_has_role(c.relowner, 'USAGE')                           as owned,
    -- Who owns a table may drop its indexes, but make them only with this: since version 15, not in public.
    has_schema_privilege(n.oid, 'CREATE')                      as indexable,
    has_schema_privilege(n.oid, 'USAGE')
        and (has_table_privilege(c.oid, 'INSERT')
             or has_any_column_privilege(c.oid, 'INSERT'))     as writable,
    c.reltuples::float8                                        as estimated_rows,
    exists (select from pg_catalog.pg_trigger t
             where t.tgrelid = c.oid and not t.tgisinternal
               and t.tgenabled <> 'D'
               and t.tgtype & 7 = 7)                           as row_trigger_before_insert,
    pn.nspname::text                                           as parent_schema,
    p.relname::text                                            as parent_name,
    -- Looked for among its partitions alone: among all tables, it would take a minute for three thousand of them.
    c.relkind = 'p' and exists (
        select from pg_catalog.pg_partition_tree(c.oid) part
        join pg_catalog.pg_class f on f.oid = part.relid
        where f.relkind not in ('r', 'p'))                     as has_foreign_partitions
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_inherits i on i.inhrelid = c.oid and c.relispartition
left join pg_catalog.pg_class p on p.oid = i.inhparent
left join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
where c.relkind in ('r', 'p')
  and n.nspname <> 'information_schema'
  and n.nspname !~ '^pg_'
order by n.nspname, c.relname
