-- Everything with rows that is not the system's or an extension's: ordinary tables, each read alone (an inheritance
-- child is a table too, so that each row comes once), partitioned tables, read through their root, and, for who asks,
-- views, materialized views and foreign tables.
-- lacking: what would have to be granted for this role to read it.
-- filtered: row-level security would hide rows from this role, which this statement would change.
-- long_values: some values lie outside of their rows, or nobody knows.
-- rewritten: its rows were replaced since the moment that this transaction sees (nothing locks a REFRESH out earlier).
select
    c.oid,
    n.nspname::text as schema,
    c.relname::text as name,
    c.relkind::text as kind,
    array_remove(array[
        case when not pg_catalog.has_schema_privilege(n.oid, 'usage')
            then pg_catalog.format('grant usage on schema %I to %I', n.nspname, current_user) end,
        case when not pg_catalog.has_table_privilege(c.oid, 'select')
            then pg_catalog.format('grant select on %I.%I to %I', n.nspname, c.relname, current_user) end
    ], null) as lacking,
    case when pg_catalog.row_security_active(c.oid)
        then pg_catalog.format('alter role %I bypassrls', current_user) end as filtered,
    greatest(c.reltuples, 0)::bigint as estimate,
    case
        when c.relkind in ('v', 'f') then true
        -- Looked for among its partitions alone: among all tables, it would take a minute for three thousand of them.
        when c.relkind = 'p' then exists (
            select from pg_catalog.pg_partition_tree(c.oid) p
            join pg_catalog.pg_class t on t.oid = p.relid
            where t.reltoastrelid <> 0 and pg_catalog.pg_relation_size(t.reltoastrelid) > 0)
        when c.reltoastrelid <> 0 then coalesce(pg_catalog.pg_relation_size(c.reltoastrelid) > 0, false)
        else false
    end as long_values,
    c.relkind = 'm' and pg_catalog.pg_relation_filenode(c.oid) is distinct from c.relfilenode as rewritten
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and not c.relispartition
  and c.relpersistence <> 't'
  and n.nspname <> 'information_schema'
  and n.nspname !~ '^pg_'
  and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e'
  )
order by schema, name
