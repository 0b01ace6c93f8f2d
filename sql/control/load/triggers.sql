-- The triggers of a table, and of its partitions, that are no constraints, and that fire: of those that this role may silence.
select n.nspname::text as schema, c.relname::text as table, t.tgname::text as name, t.tgenabled::text as enabled
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where (c.oid = $1::text::regclass or c.oid in (select relid from pg_catalog.pg_partition_tree($1::text::regclass)))
  and c.relkind in ('r', 'p')
  and pg_has_role(c.relowner, 'USAGE')
  and not t.tgisinternal and t.tgenabled <> 'D'
order by c.oid = $1::text::regclass desc, c.oid, t.tgname
