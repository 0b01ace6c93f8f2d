-- The session that holds the loader's lock of this database (the number is 'rehome' in ASCII).
select coalesce(nullif(a.application_name, '') || ' (backend ' || l.pid || ')', 'backend ' || l.pid) as holder
from pg_catalog.pg_locks l
left join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory'
  and l.granted
  and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
  and (l.classid::bigint << 32) + l.objid::bigint = 125779869396325
