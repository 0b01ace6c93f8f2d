-- Rows that were there before, as they are before they are written over.
insert into rehome.before_images (run_id, flow, row_id, legacy_key, move, identity, before)
select $1, $2, s.rehome_row, k.key, 'updated', {identity}, {image}
from pg_temp.rehome_staged_update s
join {table} t on {equal}
join unnest($3::uuid[], $4::text[]) as k (id, key) on k.id = s.rehome_row
on conflict do nothing
