-- A place for the new values of rows that may be in the target already, beside the UUIDs that tell them apart.
drop table if exists pg_temp.rehome_staged_update;
create temporary table rehome_staged_update on commit drop as
select {columns}, null::uuid as rehome_row from {table} with no data
