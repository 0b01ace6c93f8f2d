-- What earlier runs of the namespace have loaded of this flow, the latest first: the run, how, and whether to its end.
select f.run_id, f.mode, f.done or r.state = 'done' as done, f.base, f.rules, r.snapshot_id,
       array(select c.chunk from rehome.chunks c where c.run_id = f.run_id and c.flow = f.flow order by c.chunk) as chunks
from rehome.flows f
join rehome.runs r using (run_id)
where f.flow = $2
  and f.entity = $3
  and f.table_schema = $4
  and f.table_name = $5
  and (r.namespace = $6 or r.namespace is null)
  and r.state in ('running', 'done')
  and f.run_id <> $1
order by r.number desc
