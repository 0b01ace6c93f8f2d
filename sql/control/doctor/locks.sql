-- Who holds these tables ($1: schemas, $2: names) in modes ($3) that keep us out.
select n.nspname || '.' || c.relname as name,
       coalesce(min(nullif(a.application_name, '')) || ' (backend ' || min(a.pid) || ')', 'backend ' || min(l.pid),
                'a prepared transaction') as holder
from pg_catalog.pg_locks l
join pg_catalog.pg_class c on c.oid = l.relation
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join unnest($1::text[], $2::text[]) as t (schema, name) on t.schema = n.nspname and t.name = c.relname
left join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.granted
  and l.mode = any ($3::text[])
  and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
  and l.pid is distinct from pg_catalog.pg_backend_pid()
group by 1
order by 1
