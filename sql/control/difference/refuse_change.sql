-- The target refuses what the row has become: it has fallen out, stays as it was for now, and is listed. waiting ($4): its flow
-- wants more of such rows than to keep them.
with not_moved as (
    delete from rehome.before_images where run_id = $1 and flow = $2 and row_id = any ($3) and move = 'updated'
),
marked as (
    update pg_temp.rehome_present set refused = true where rehome_row = any ($3)
)
insert into rehome.kept (run_id, flow, row_id, legacy_key, entity_key, why, identity, image, waiting)
select $1, $2, p.rehome_row, p.rehome_key, p.rehome_entity_key, 'refused', {identity}, {hash}, $4
from pg_temp.rehome_present p
join {table} t on t.tableoid = p.part and t.ctid = p.place
where p.rehome_row = any ($3)
on conflict (run_id, flow, row_id) do update set image = excluded.image, why = excluded.why, ended_by = null
