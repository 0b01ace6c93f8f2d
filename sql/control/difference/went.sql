-- Those of them that were deleted.
drop table if exists pg_temp.rehome_went;
create temporary table rehome_went as
select i.row_id from rehome.before_images i where i.run_id = {run} and i.flow = {flow} and i.move = 'deleted';
analyze pg_temp.rehome_went
