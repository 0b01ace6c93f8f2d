-- Rows that others have changed or deleted: listed, whatever is decided of them.
insert into rehome.conflicts (run_id, flow, row_id, legacy_key, what, columns, decided)
select $1, $2, p.rehome_row, p.rehome_key, case when not p.there then 'deleted' else $4 end,
       case when p.there then array_remove(array[{differing}]::text[], null) else '{}' end, $3
from pg_temp.rehome_present p
join pg_temp.{staged} s using (rehome_row)
left join {table} t on t.tableoid = p.part and t.ctid = p.place
where {which}
on conflict do nothing
