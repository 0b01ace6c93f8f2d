-- The triggers of a table, and of its partitions, that are no constraints, and its rules, as far as they are on: of those that this role
-- may silence.
with tables as (
    select c.oid, n.nspname::text as schema, c.relname::text as table
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where (c.oid = $1::text::regclass or c.oid in (select relid from pg_catalog.pg_partition_tree($1::text::regclass)))
      and c.relkind in ('r', 'p')
      and pg_has_role(c.relowner, 'USAGE')
)
select o.schema, o.table, 'trigger' as what, t.tgname::text as name, t.tgenabled::text as enabled, o.oid = $1::text::regclass as top, o.oid
from tables o
join pg_catalog.pg_trigger t on t.tgrelid = o.oid
where not t.tgisinternal and t.tgenabled <> 'D'
union all
select o.schema, o.table, 'rule', r.rulename::text, r.ev_enabled::text, o.oid = $1::text::regclass, o.oid
from tables o
join pg_catalog.pg_rewrite r on r.ev_class = o.oid
where r.ev_enabled <> 'D'
order by top desc, oid, what desc, name
