-- Which partitioned tables ($1: their oids) have other partitions by now than at this transaction's moment. ATTACH needs
-- no lock that ours keeps away, and a reader that comes later reads what was attached. (pg_partition_tree looks at what
-- is; the catalog, asked by a query, tells what was.)
select root.oid::pg_catalog.regclass::pg_catalog.text as name
from pg_catalog.unnest($1::pg_catalog.oid[]) as root (oid)
where (
    select pg_catalog.array_agg(t.relid::pg_catalog.oid order by t.relid::pg_catalog.oid)
    from pg_catalog.pg_partition_tree(root.oid) as t
) is distinct from (
    with recursive tree (oid) as (
        select root.oid
        union all
        select i.inhrelid from pg_catalog.pg_inherits i join tree on tree.oid = i.inhparent
    )
    select pg_catalog.array_agg(tree.oid order by tree.oid) from tree
)
order by name
