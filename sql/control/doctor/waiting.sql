-- Transactions that have been open for longer than a minute, and prepared ones, which nobody may remember.
select 'prepared' as sort, gid as name, extract(epoch from clock_timestamp() - prepared)::bigint as seconds,
       format('rollback prepared %L', gid) as statement
from pg_catalog.pg_prepared_xacts
where database = current_database()
union all
select 'open', coalesce(nullif(application_name, ''), 'a session without a name') || ' (backend ' || pid || ')',
       extract(epoch from clock_timestamp() - xact_start)::bigint,
       format('select pg_terminate_backend(%s)', pid)
from pg_catalog.pg_stat_activity
where datname = current_database()
  and pid <> pg_catalog.pg_backend_pid()
  and clock_timestamp() - xact_start > interval '1 minute'
order by 1, 3 desc
