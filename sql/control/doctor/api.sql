-- Of these tables ($1: schemas, $2: names): those that a role of the API may read or write without row-level security, and what
-- turns it on; closed: those with row-level security, but without any policy, which the API shows to nobody.
select n.nspname || '.' || c.relname as name, not c.relrowsecurity as open,
       c.relrowsecurity and not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid) as closed,
       format('alter table %I.%I enable row level security', n.nspname, c.relname) as statement
from unnest($1::text[], $2::text[]) as t (schema, name)
join pg_catalog.pg_namespace n on n.nspname = t.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name
where (has_schema_privilege('anon', n.oid, 'usage') or has_schema_privilege('authenticated', n.oid, 'usage'))
  and (has_table_privilege('anon', c.oid, 'select,insert,update,delete')
       or has_table_privilege('authenticated', c.oid, 'select,insert,update,delete'))
order by 1
