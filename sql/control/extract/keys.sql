-- The key of each of some tables ($1: their oids): the primary key, else the shortest unique key that is never null, as
-- far as that has been seen (PostgreSQL 18 knows NOT NULL that is NOT VALID).
select distinct on (i.indrelid)
    i.indrelid as table_oid,
    k.columns
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
cross join lateral (
    select array_agg(a.attname::text order by p.place) as columns, bool_and(a.attnotnull and not exists (
        select from pg_catalog.pg_constraint n
        where n.conrelid = i.indrelid and n.contype = 'n' and not n.convalidated and n.conkey = array[a.attnum])) as never_null
    from generate_series(0, i.indnkeyatts - 1) as p (place)
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[p.place]
) k
where i.indrelid = any ($1)
  and i.indisunique and i.indisvalid and i.indimmediate
  and i.indpred is null and i.indexprs is null
  and k.never_null
order by i.indrelid, i.indisprimary desc, i.indnkeyatts, c.relname
