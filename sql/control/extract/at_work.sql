-- Does the server work for a reader ($1: their application name), or does it wait for readers that read nothing?
select exists (
           select from pg_catalog.pg_stat_activity
           where application_name = $1 and state in ('active', 'disabled') and wait_event_type is distinct from 'Client'
       ) as at_work,
       pg_catalog.pg_stat_clear_snapshot()
