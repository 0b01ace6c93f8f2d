-- Ends the readers ($1: their application name); without this the server would send them the rest of their parts.
-- A transaction sees the list of sessions as it first did: forgotten each time, even when nobody was found in it, so
-- that a reader that logs in late is found by the next order.
select pg_catalog.count(pg_catalog.pg_terminate_backend(pid)), pg_catalog.pg_stat_clear_snapshot()
from pg_catalog.pg_stat_activity
where application_name = $1
