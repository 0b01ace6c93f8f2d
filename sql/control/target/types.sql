-- Every type a column may have: what it is, what it is made of, and the labels of enums.
select
    t.oid,
    t.typname::text                                                       as name,
    format_type(t.oid, null)                                              as formatted,
    t.typtype::text                                                       as sort,
    t.typbasetype                                                         as base,
    t.typtypmod                                                           as base_modifier,
    case when t.typcategory = 'A' then t.typelem else 0::oid end          as element,
    t.typnotnull                                                          as not_null,
    coalesce((select array_agg(e.enumlabel::text order by e.enumsortorder)
                from pg_catalog.pg_enum e where e.enumtypid = t.oid), '{}') as labels
from pg_catalog.pg_type t
where t.typtype in ('b', 'd', 'e', 'r', 'm')
   or t.typcategory = 'A'
   or t.typtype = 'c' and exists (select from pg_catalog.pg_attribute a
                                   where a.atttypid = t.oid and a.attnum > 0 and not a.attisdropped)
