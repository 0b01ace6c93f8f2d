-- What there is to read of these tables ($1: schemas, $2: names): their sorts, sizes in bytes with and without indexes, keys, and
-- whether statistics tell how many rows there are.
select t.schema, t.name, c.relkind::text as kind,
       coalesce(pg_catalog.pg_total_relation_size(c.oid), 0)
           + coalesce((select sum(pg_catalog.pg_total_relation_size(p.relid))
                       from pg_catalog.pg_partition_tree(c.oid) p
                       where c.relkind = 'p' and p.relid <> c.oid), 0)::bigint as whole,
       greatest(c.reltuples, 0)::bigint as rows,
       exists (
           select from pg_catalog.pg_index i
           where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indimmediate
             and i.indpred is null and i.indexprs is null
             and not exists (
                 select from unnest(i.indkey::int2[]) with ordinality as k (number, place)
                 join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
                 where k.place <= i.indnkeyatts and not a.attnotnull
             )
       ) as has_key,
       c.relhassubclass and c.relkind = 'r' as has_children
from unnest($1::text[], $2::text[]) as t (schema, name)
join pg_catalog.pg_namespace n on n.nspname = t.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name
order by whole desc, t.schema, t.name
