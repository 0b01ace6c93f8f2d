-- The columns of some tables ($1: their oids), with the type each has beneath its domains, and of an array, the type of
-- its elements beneath theirs.
with recursive resolved as (
    select a.attrelid, a.attnum, a.atttypid as typid, a.atttypmod as typmod
    from pg_catalog.pg_attribute a
    where a.attrelid = any ($1) and a.attnum > 0 and not a.attisdropped
    union all
    select r.attrelid, r.attnum, t.typbasetype, t.typtypmod
    from resolved r
    join pg_catalog.pg_type t on t.oid = r.typid
    where t.typtype = 'd'
),
elements as (
    select t.oid as array_oid, t.typelem as typid, -1 as typmod
    from pg_catalog.pg_type t
    where t.typelem <> 0 and t.typlen = -1 and t.typcategory = 'A' and t.oid in (select typid from resolved)
    union all
    select e.array_oid, t.typbasetype, t.typtypmod
    from elements e
    join pg_catalog.pg_type t on t.oid = e.typid
    where t.typtype = 'd'
)
select
    a.attrelid as table_oid,
    a.attname::text as name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as shown,
    -- Of NOT NULL that is NOT VALID (PostgreSQL 18), rows of before know nothing.
    a.attnotnull and not exists (
        select from pg_catalog.pg_constraint k
        where k.conrelid = a.attrelid and k.contype = 'n' and not k.convalidated and k.conkey = array[a.attnum]) as not_null,
    t.typname::text as type_name,
    t.typtype::text as type_kind,
    t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace as builtin,
    r.typmod,
    b.typname::text as element_name,
    b.typtype::text as element_kind,
    b.typnamespace = 'pg_catalog'::pg_catalog.regnamespace as element_builtin,
    case when e.typmod >= 0 then e.typmod else r.typmod end as element_typmod,
    b.typelem <> 0 and b.typlen = -1 and b.typcategory = 'A' as nested
from resolved r
join pg_catalog.pg_attribute a using (attrelid, attnum)
join pg_catalog.pg_type t on t.oid = r.typid and t.typtype <> 'd'
left join (elements e join pg_catalog.pg_type b on b.oid = e.typid and b.typtype <> 'd') on e.array_oid = t.oid
order by a.attrelid, a.attnum
