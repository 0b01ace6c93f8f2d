-- Does the server work for this session ($1)? Not where it has nothing to do, waits for what the client sends, or waits for
-- the client to read what it is sent.
select exists (
    select from pg_catalog.pg_stat_activity
    where pid = $1 and state in ('active', 'fastpath function call', 'disabled') and wait_event_type is distinct from 'Client'
) as at_work
