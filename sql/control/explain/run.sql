-- What the ledger knows of a run, and of a chunk of it.
select r.state, f.mode, c.committed_at::text as claimed_at
from rehome.runs r
left join rehome.flows f on f.run_id = r.run_id and f.flow = $2
left join rehome.chunks c on c.run_id = r.run_id and c.flow = $2 and c.chunk = $3
where r.run_id = $1
