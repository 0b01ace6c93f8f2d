-- How many blocks a table has ($1: its oid); of a partitioned table, the largest partition.
with recursive tree as (
    select $1::pg_catalog.oid as oid
    union
    select i.inhrelid
    from tree
    join pg_catalog.pg_class p on p.oid = tree.oid and p.relkind = 'p'
    join pg_catalog.pg_inherits i on i.inhparent = p.oid
)
select coalesce(max(pg_catalog.pg_relation_size(oid)), 0) / pg_catalog.current_setting('block_size')::pg_catalog.int8
from tree
