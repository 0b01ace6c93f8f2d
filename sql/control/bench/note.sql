-- As a chunk is claimed, or the definition of an index kept.
insert into {table} (run_id, what) values ($1, $2) on conflict do nothing
