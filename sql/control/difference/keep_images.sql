-- The rows before they are changed.
insert into rehome.before_images (run_id, flow, row_id, legacy_key, move, identity, before)
select $1, $2, p.rehome_row, p.rehome_key, 'updated', {identity}, {image}
from pg_temp.rehome_present p
join {table} t on t.tableoid = p.part and t.ctid = p.place
where p.there and (p.same or $3)
