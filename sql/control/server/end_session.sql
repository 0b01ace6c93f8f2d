-- Ends a session of ours ($1), which nobody reads any more ($2: its application name): its locks go with it.
select pg_catalog.count(pg_catalog.pg_terminate_backend(pid))
from pg_catalog.pg_stat_activity
where pid = $1 and application_name = $2 and usename = session_user
