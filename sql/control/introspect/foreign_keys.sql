-- The foreign keys of these schemas, each with the tables and columns at its two ends.
select
    n.nspname::text                                       as schema,
    c.relname::text                                       as name,
    fn.nspname::text                                      as to_schema,
    fc.relname::text                                      as to_name,
    array(select a.attname::text
            from unnest(con.conkey) with ordinality k (number, position)
            join pg_catalog.pg_attribute a on a.attrelid = con.conrelid and a.attnum = k.number
           order by k.position)                           as columns,
    array(select a.attname::text
            from unnest(con.confkey) with ordinality k (number, position)
            join pg_catalog.pg_attribute a on a.attrelid = con.confrelid and a.attnum = k.number
           order by k.position)                           as to_columns
from pg_catalog.pg_constraint con
join pg_catalog.pg_class c      on c.oid = con.conrelid
join pg_catalog.pg_namespace n  on n.oid = c.relnamespace
join pg_catalog.pg_class fc     on fc.oid = con.confrelid
join pg_catalog.pg_namespace fn on fn.oid = fc.relnamespace
where con.contype = 'f'
  and con.conparentid = 0
order by n.nspname, c.relname, con.conname
