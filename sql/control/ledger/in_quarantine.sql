-- How many rows of each flow are in the quarantine of these runs.
select q.flow, count(*) as rows
from rehome.quarantine q
join rehome.runs r using (run_id)
where r.namespace = $1 or r.namespace is null
group by q.flow
order by q.flow
