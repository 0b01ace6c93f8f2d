-- Whether a row is in the quarantine, under the run that rejected it first.
select q.run_id::text as run, q.created_at::text as since, q.reason, q.sqlstate, q.constraint_name, q.column_name,
       q.cause_flow, q.cause_key
from rehome.quarantine q
join rehome.runs r on r.run_id = q.run_id
where q.flow = $1 and q.legacy_key = $2 and (r.namespace = $3 or r.namespace is null)
order by r.number desc
limit 1
