-- Every type a column may have: what it is, what it is made of, the labels of enums and the checks of domains. Types of
-- others than the system say their schema (but citext, which is text wherever it lies), so that none is taken for a type
-- of the system.
-- int2vector and its like have elements, but are no arrays: they count from 0.
select
    t.oid,
    case
        when t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace or t.typname = 'citext' and t.typtype = 'b'
            then t.typname::text
        else n.nspname || '.' || t.typname
    end                                                                   as name,
    format_type(t.oid, null)                                              as formatted,
    format_type(t.oid, -1)                                                as unbounded,
    t.typtype::text                                                       as sort,
    t.typbasetype                                                         as base,
    t.typtypmod                                                           as base_modifier,
    case when e.typarray = t.oid then e.oid else 0::oid end               as element,
    t.typdelim::text                                                      as separator,
    t.typnotnull                                                          as not_null,
    case t.oid when 'money'::regtype then scale(0::money::numeric) end    as money_digits,
    coalesce((select array_agg(e.enumlabel::text order by e.enumsortorder)
                from pg_catalog.pg_enum e where e.enumtypid = t.oid), '{}') as labels,
    array(select c.conname::text from pg_catalog.pg_constraint c
           where c.contypid = t.oid and c.contype = 'c' order by c.conname)        as check_names,
    array(select pg_get_constraintdef(c.oid) from pg_catalog.pg_constraint c
           where c.contypid = t.oid and c.contype = 'c' order by c.conname)        as checks
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_type e on e.oid = t.typelem
where t.typtype in ('b', 'd', 'e', 'r', 'm')
   or t.typcategory = 'A'
   or t.typtype = 'c' and exists (select from pg_catalog.pg_attribute a
                                   where a.atttypid = t.oid and a.attnum > 0 and not a.attisdropped)
