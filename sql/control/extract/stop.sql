-- Ends the readers ($1: their application name); without this the server would send them the rest of their parts.
select pg_catalog.pg_stat_clear_snapshot(), pg_catalog.pg_terminate_backend(pid)
from pg_catalog.pg_stat_activity
where application_name = $1
