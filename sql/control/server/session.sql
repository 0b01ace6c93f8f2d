-- Makes a session wait, print and read in one way, whatever the server, the database or the role has set.
-- Row-level security is off: where it would hide rows, the server then raises an error instead.
set statement_timeout = 0;
set lock_timeout = {lock_timeout};
set idle_in_transaction_session_timeout = 0;
set row_security = off;
set timezone = 'UTC';
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set extra_float_digits = 1;
set bytea_output = 'hex';
set client_min_messages = warning;
-- What only newer servers have: limits on a session that waits, and on a whole transaction; and a compiler of queries, which for
-- tables that the planner does not know yet takes longer than the queries do.
select pg_catalog.set_config(name, case name when 'jit' then 'off' else '0' end, false)
from pg_catalog.pg_settings
where name in ('idle_session_timeout', 'transaction_timeout', 'jit') and setting not in ('0', 'off');
-- A server soon notices that a client has vanished, and lets its locks go.
set tcp_keepalives_idle = 60;
set tcp_keepalives_interval = 10;
set tcp_keepalives_count = 6;
