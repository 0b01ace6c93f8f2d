-- The runs that inserted rows of some flows beside a first load.
select i.row_id as row, i.run_id as run
from rehome.before_images i
join rehome.lineage l on l.of_run = $1 and l.member = i.run_id
where i.flow = any ($2) and i.move = 'inserted'
