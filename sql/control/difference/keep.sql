-- Rows whose source rows are gone stand for themselves from here on. What others have changed waits for nothing.
insert into rehome.kept (run_id, flow, row_id, legacy_key, entity_key, why, identity, image, waiting)
select $1, $2, p.rehome_row, p.rehome_key, p.rehome_entity_key, $3, {identity}, {hash}, $4 and (p.same or $5)
from pg_temp.rehome_present p
join {table} t on t.tableoid = p.part and t.ctid = p.place
where p.there
on conflict (run_id, flow, row_id) do nothing
