-- The unique indexes of some tables ($1: their oids): the columns that each depends on, and whether it is over them alone.
select
    i.indrelid as table_oid,
    c.relname::text as name,
    i.indisprimary as is_primary,
    i.indexprs is null and i.indpred is null as plain,
    array(
        select a.attname::text
        from pg_catalog.pg_attribute a
        where a.attrelid = i.indrelid
          and a.attnum > 0
          and (a.attnum in (select i.indkey[p.place] from generate_series(0, i.indnkeyatts - 1) as p (place))
               or exists (
                   select from pg_catalog.pg_depend d
                   where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     and d.objid = i.indexrelid
                     and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     and d.refobjid = i.indrelid
                     and d.refobjsubid = a.attnum
                     and (i.indexprs is not null or i.indpred is not null)))
        order by a.attnum
    ) as columns
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indrelid = any ($1) and i.indisunique
order by i.indrelid, c.relname
