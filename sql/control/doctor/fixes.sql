-- Statements that mend what was found, by their names. What stands behind them is for who copies them.
-- extend_mappings
alter table {table} add column if not exists run_id uuid, add column if not exists legacy_key text
-- create_extension
create extension {name}
-- reindex_database
reindex database {name}
-- refresh_collation
alter database {name} refresh collation version
-- standby_delay
alter system set max_standby_streaming_delay = -1 -- on the standby; then select pg_reload_conf()
-- writable
alter role {name} set default_transaction_read_only = off -- or where it was set; make room first, if the disk is full
-- role_connections
alter role {name} connection limit {limit}
-- reset_system
alter system reset {name}
-- larger_log
alter system set max_wal_size = '8GB'
-- fewer_checkpoints
alter system set checkpoint_timeout = '30min'
-- more_memory
alter system set maintenance_work_mem = '1GB'
-- reload
select pg_reload_conf()
-- make_indexes
grant create on schema {schemas} to {role}
-- disable_trigger
alter table {table} disable trigger {name} -- and enable trigger after the run, if its work is not wanted for migrated rows
-- drop_publication
drop publication {name} -- and make it again after the load, if its subscribers can start anew
-- drop_published
alter publication {name} drop table {tables} -- and add table after the load
-- replica_identity
alter table {table} replica identity full
