-- Rows of a first load that stay are listed.
insert into rehome.left_rows (run_id, flow, row_id, legacy_key, why)
select $1, $2, p.rehome_row, p.rehome_key, case when p.same then 'referenced' else 'changed' end
from pg_temp.rehome_present p
join {table} t on t.tableoid = p.part and t.ctid = p.place
on conflict do nothing
