-- Are there rows of it that are as they were, and that others refer to?
select count(*) as rows
from pg_temp.rehome_present p
join {table} t on t.tableoid = p.part and t.ctid = p.place
where p.same
