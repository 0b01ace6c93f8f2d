-- Ends what other sessions of a bench are still at.
select pg_catalog.pg_terminate_backend(pid)
from pg_catalog.pg_stat_activity
where application_name = $1
  and datname = pg_catalog.current_database()
  and usename = current_user
  and pid <> pg_catalog.pg_backend_pid()
