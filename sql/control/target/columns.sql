-- The columns of these tables, in their order. The sequence is the one a column owns, else the one its default takes.
select
    a.attrelid                                                              as relation,
    a.attname::text                                                         as name,
    a.atttypid                                                              as type,
    a.atttypmod                                                             as modifier,
    format_type(a.atttypid, a.atttypmod)                                    as formatted,
    a.attnotnull                                                            as not_null,
    a.atthasdef                                                             as has_default,
    (select pg_get_expr(def.adbin, def.adrelid)
       from pg_catalog.pg_attrdef def
      where def.adrelid = a.attrelid and def.adnum = a.attnum
        and a.attgenerated = '')                                            as default_value,
    a.attgenerated <> ''                                                    as generated,
    a.attidentity::text                                                     as identity,
    coalesce(
        -- As pg_get_serial_sequence, which fails for tables of schemas that this role may not use.
        (select format('%I.%I', sn.nspname, s.relname)
           from pg_catalog.pg_depend d
           join pg_catalog.pg_class s on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = s.oid
                                     and s.relkind = 'S'
           join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
          where d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = a.attrelid
            and d.refobjsubid = a.attnum and d.deptype in ('a', 'i')
          order by s.oid limit 1),
        (select format('%I.%I', sn.nspname, s.relname)
           from pg_catalog.pg_attrdef def
           join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = def.oid
           join pg_catalog.pg_class s on d.refclassid = 'pg_catalog.pg_class'::regclass and s.oid = d.refobjid
                                     and s.relkind = 'S'
           join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
          where def.adrelid = a.attrelid and def.adnum = a.attnum
          order by s.oid limit 1)
    )                                                                       as sequence
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where a.attrelid = any ($1)
  and a.attnum > 0
  and not a.attisdropped
order by a.attrelid, a.attnum
