-- The tables of everybody but the system, and what this role may do with them.
with published as materialized (
    select t.schemaname, t.tablename
    from pg_catalog.pg_publication_tables t
    join pg_catalog.pg_publication p on p.pubname = t.pubname
    where p.pubupdate or p.pubdelete)
select
    c.oid,
    n.nspname::text                                            as schema,
    c.relname::text                                            as name,
    c.relkind = 'p' or c.relispartition or c.relhassubclass    as inherits,
    c.relkind = 'p'                                            as partitioned,
    pg_has_role(c.relowner, 'USAGE')                           as owned,
    -- Who owns a table may drop its indexes, but make them only with this: since version 15, not in public.
    has_schema_privilege(n.oid, 'CREATE')                      as indexable,
    told.published,
    -- Published, without anything that tells its rows apart: PostgreSQL neither changes nor removes one.
    told.published and c.relreplident <> 'f'
        and not exists (
            select from pg_catalog.pg_index i
            where i.indrelid = c.oid and i.indisvalid
              and (i.indisprimary and c.relreplident = 'd' or i.indisreplident and c.relreplident = 'i'))
                                                               as frozen,
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
cross join lateral (
    select exists (
        select from (select c.oid as relid union all select pg_partition_ancestors(c.oid) where c.relispartition) a
        join pg_catalog.pg_class pc on pc.oid = a.relid
        join pg_catalog.pg_namespace pn on pn.oid = pc.relnamespace
        join published on (published.schemaname, published.tablename) = (pn.nspname, pc.relname)) as published) told
where c.relkind in ('r', 'p')
  and n.nspname <> 'information_schema'
  and n.nspname !~ '^pg_'
order by n.nspname, c.relname
