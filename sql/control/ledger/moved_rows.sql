-- The rows of a flow that a run moved, and those that stand aside: what they are, others or triggers made of them, in this run or
-- in one before.
select i.row_id as row, case when i.move = 'deleted' then 'deleted' else 'written' end as what
from rehome.before_images i
where i.run_id = $1 and i.flow = $2 and i.move in ('inserted', 'updated', 'deleted')
union all
select i.row_id, 'aside'
from rehome.before_images i join rehome.lineage l on l.of_run = $1 and l.member = i.run_id
where i.flow = $2 and i.altered is not null
union all
select c.row_id, 'aside'
from rehome.conflicts c join rehome.lineage l on l.of_run = $1 and l.member = c.run_id
where c.flow = $2 and c.decided = 'kept' and c.what <> 'referenced'
union all
select k.row_id, 'standing'
from rehome.kept k join rehome.lineage l on l.of_run = $1 and l.member = k.run_id
where k.flow = $2 and k.ended_by is null
