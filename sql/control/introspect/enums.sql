-- The labels of enums, by schema and name, in their order.
select
    n.nspname::text                                           as schema,
    t.typname::text                                           as name,
    array_agg(e.enumlabel::text order by e.enumsortorder)     as labels
from pg_catalog.pg_enum e
join pg_catalog.pg_type t      on t.oid = e.enumtypid
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
group by n.nspname, t.typname
