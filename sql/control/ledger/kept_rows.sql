-- The rows of a flow that stand in the target though the latest outcomes do not account for them.
select k.row_id
from rehome.kept k
join rehome.runs r using (run_id)
where k.flow = $2 and k.ended_by is null and (r.namespace = $1 or r.namespace is null)
