-- Rows that are new, so that they can be taken back.
insert into rehome.before_images (run_id, flow, row_id, legacy_key, move, identity, after)
select $1, $2, s.rehome_row, s.rehome_key, 'inserted', {identity}, {hash}
from pg_temp.rehome_new s
join {table} t on {equal}
on conflict do nothing
