-- The columns of some tables ($1: their oids), with the type each has beneath its domains.
with recursive resolved as (
    select a.attrelid, a.attnum, a.atttypid as typid, a.atttypmod as typmod
    from pg_catalog.pg_attribute a
    where a.attrelid = any ($1) and a.attnum > 0 and not a.attisdropped
    union all
    select r.attrelid, r.attnum, t.typbasetype, t.typtypmod
    from resolved r
    join pg_catalog.pg_type t on t.oid = r.typid
    where t.typtype = 'd'
)
select
    a.attrelid as table_oid,
    a.attname::text as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as shown,
    a.attnotnull as not_null,
    t.typname::text as type_name,
    t.typtype::text as type_kind,
    t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace as builtin,
    r.typmod,
    e.typname::text as element_name,
    e.typtype::text as element_kind,
    e.typnamespace = 'pg_catalog'::pg_catalog.regnamespace as element_builtin
from resolved r
join pg_catalog.pg_attribute a using (attrelid, attnum)
join pg_catalog.pg_type t on t.oid = r.typid and t.typtype <> 'd'
left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
order by a.attrelid, a.attnum
