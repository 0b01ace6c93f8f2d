-- Event triggers that fire when constraints and indexes go and come back, but for those that Supabase comes with.
select e.evtname::text as name, n.nspname || '.' || p.proname as function,
       format('alter event trigger %I disable', e.evtname) as statement
from pg_catalog.pg_event_trigger e
join pg_catalog.pg_proc p on p.oid = e.evtfoid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where e.evtenabled in ('O', 'A')
  and e.evtevent <> 'login'
  and e.evtname not in (
      'issue_graphql_placeholder', 'issue_pg_cron_access', 'issue_pg_graphql_access', 'issue_pg_net_access', 'pgrst_ddl_watch',
      'pgrst_drop_watch')
order by e.evtname
