-- Schemas that benches made and did not live to drop.
select n.nspname::text as schema
from pg_catalog.pg_namespace n
where n.nspname ~ '^rehome_bench_[0-9]+$'
  and pg_catalog.obj_description(n.oid, 'pg_namespace') like 'scratch of rehome bench%'
order by n.nspname
