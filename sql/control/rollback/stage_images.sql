-- Rows that are still to be put back, numbered in the order in which each would go by itself: the last moved is the first.
-- Analyzed, for the planner takes what it does not know of the ledger for one row, and would go through all rows once for each.
drop table if exists pg_temp.rehome_images;
create temporary table rehome_images as
select row_number() over (order by i.moved_at desc, i.row_id) as number, i.ctid as place, i.identity, i.before, i.after
from rehome.before_images i
where i.run_id = {run} and i.flow = {flow} and i.move in ({moves});
create index on pg_temp.rehome_images (number);
analyze pg_temp.rehome_images
