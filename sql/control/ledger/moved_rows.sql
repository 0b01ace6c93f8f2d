-- What the ledger knows of the rows of a flow beside the outcomes of a run: those that it moved; the columns in which triggers made
-- something else of what was written; rows that others had changed, and that were left to them; rows that stand without an outcome;
-- and rows that later runs have moved.
select i.row_id as row, case when i.move = 'deleted' then 'deleted' else 'written' end as what, '{}'::text[] as columns
from rehome.before_images i
where i.run_id = $1 and i.flow = $2 and i.move in ('inserted', 'updated', 'deleted')
union all
select i.row_id, case when f.mode = 'full' then 'altered at first' else 'altered' end, i.altered
from rehome.before_images i
join rehome.lineage l on l.of_run = $1 and l.member = i.run_id
join rehome.flows f on f.run_id = i.run_id and f.flow = i.flow
where i.flow = $2 and i.altered is not null
union all
select c.row_id, 'conflict', c.columns
from rehome.conflicts c join rehome.lineage l on l.of_run = $1 and l.member = c.run_id
where c.flow = $2 and c.decided = 'kept' and c.what <> 'referenced'
union all
select k.row_id, 'standing', '{}'
from rehome.kept k join rehome.lineage l on l.of_run = $1 and l.member = k.run_id
where k.flow = $2 and k.ended_by is null
union all
select i.row_id, 'superseded', '{}'
from rehome.before_images i
join rehome.lineage l on l.of_run = $1 and l.member = i.run_id
join rehome.runs later on later.run_id = i.run_id
join rehome.runs own on own.run_id = $1
where i.flow = $2 and later.number > own.number
