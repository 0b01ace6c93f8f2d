-- The columns of these tables, in their order.
select
    a.attrelid                                                              as relation,
    a.attname::text                                                         as name,
    a.atttypid                                                              as type,
    a.atttypmod                                                             as modifier,
    format_type(a.atttypid, a.atttypmod)                                    as formatted,
    a.attnotnull                                                            as not_null,
    a.atthasdef                                                             as has_default,
    a.attgenerated <> ''                                                    as generated,
    a.attidentity::text                                                     as identity,
    pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname) as sequence
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where a.attrelid = any ($1)
  and a.attnum > 0
  and not a.attisdropped
order by a.attrelid, a.attnum
