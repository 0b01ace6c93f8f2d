-- Rows of earlier runs, by their mappings, that no staged row stands for.
insert into rehome.kept (run_id, flow, row_id, legacy_key, entity_key, why, identity, image, waiting)
select $1, $2, {row}, {key}, {key}, 'gone', {identity}, {hash}, $4
from {table} t
join {mappings} m on {mapped} and m.entity_type::text = $3
join rehome.lineage l on l.of_run = $1 and l.member = m.run_id
{known}
where not exists (select from pg_temp.rehome_after s where {equal})
  and not exists (select from rehome.kept k where k.flow = $2 and k.row_id = {row} and k.ended_by is null)
on conflict do nothing
