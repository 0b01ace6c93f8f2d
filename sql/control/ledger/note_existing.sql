-- What became of rows that were in the target already; in the transaction of their chunk.
insert into rehome.existing (run_id, flow, entity_uuid, fate)
select $1, $2, row.id, $4 from pg_catalog.unnest($3::uuid[]) as row (id)
on conflict (run_id, flow, entity_uuid) do update set fate = excluded.fate
