-- Replication slots: what each keeps of the write-ahead log, in bytes, and whether it decodes this database.
select slot_name::text as name, active, slot_type = 'logical' and database = current_database() as decodes,
       pg_catalog.pg_wal_lsn_diff(
           case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                else pg_catalog.pg_current_wal_lsn() end, restart_lsn)::bigint as retained,
       format('select pg_drop_replication_slot(%L)', slot_name) as statement
from pg_catalog.pg_replication_slots
order by slot_name
