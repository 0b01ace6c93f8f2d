-- The rows of a flow that a run moved, and those that stand aside: what they are, others or triggers made of them, in this run or
-- in one before.
with lineage as (
    select l.run_id from rehome.runs l join rehome.runs o on o.run_id = $1 and l.namespace is not distinct from o.namespace
)
select i.row_id as row, case when i.move = 'deleted' then 'deleted' else 'written' end as what
from rehome.before_images i
where i.run_id = $1 and i.flow = $2 and i.move in ('inserted', 'updated', 'deleted')
union all
select i.row_id, 'aside'
from rehome.before_images i join lineage using (run_id)
where i.flow = $2 and i.altered is not null
union all
select c.row_id, 'aside'
from rehome.conflicts c join lineage using (run_id)
where c.flow = $2 and c.decided = 'kept' and c.what <> 'referenced'
union all
select k.row_id, 'standing'
from rehome.kept k join lineage using (run_id)
where k.flow = $2 and k.ended_by is null
