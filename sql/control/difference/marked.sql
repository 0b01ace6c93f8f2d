-- Marked rows, as they are now.
drop table if exists pg_temp.rehome_marked;
create temporary table rehome_marked as
select g.row_id, {hash} as image
from pg_temp.rehome_going g
join {table} t on {equal}
where g.there and (g.same or {overwrite});
analyze pg_temp.rehome_marked
