-- A place for what tells the rows of a flow apart in the target, in the target's types, beside their legacy keys.
drop table if exists pg_temp.rehome_staged_rows;
create temporary table rehome_staged_rows as
select {identity}, null::text as legacy_key, null::uuid as entity_uuid from {table} with no data
