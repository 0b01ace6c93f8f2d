-- What sessions of this role in this database begin with, of settings that matter, and the statement that takes a setting of the
-- role or the database back.
select
    p.name::text as name,
    p.reset_val as value,
    case p.unit when '8kB' then p.reset_val::numeric * 8192 when 'kB' then p.reset_val::numeric * 1024
                when 'MB' then p.reset_val::numeric * 1048576 when 's' then p.reset_val::numeric * 1000
                when 'ms' then p.reset_val::numeric when 'min' then p.reset_val::numeric * 60000 end::bigint as amount,
    set_by.statement as reset
from pg_catalog.pg_settings p
left join lateral (
    select case
               when s.setrole <> 0 and s.setdatabase <> 0
                   then format('alter role %I in database %I reset %I', current_user, current_database(), p.name)
               when s.setrole <> 0 then format('alter role %I reset %I', current_user, p.name)
               else format('alter database %I reset %I', current_database(), p.name)
           end as statement
    from pg_catalog.pg_db_role_setting s
    where s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
      and s.setrole in (0, (select oid from pg_catalog.pg_roles where rolname = current_user))
      and exists (select from unnest(s.setconfig) as entry where split_part(entry, '=', 1) = p.name)
    order by s.setrole <> 0 and s.setdatabase <> 0 desc, s.setrole <> 0 desc
    limit 1
) set_by on true
where p.name in (
    'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout',
    'default_transaction_read_only', 'session_replication_role', 'temp_file_limit', 'synchronous_standby_names', 'wal_level',
    'max_wal_size', 'checkpoint_timeout', 'maintenance_work_mem', 'fsync'
)
order by p.name
