-- What the runs that build on each other with a run have loaded, the oldest first.
select r.run_id, r.number, r.state, f.flow, f.entity, f.table_schema, f.table_name, f.mode = 'full' as full, f.done,
       coalesce(f.was_empty, false) as was_empty
from rehome.lineage l
join rehome.runs r on r.run_id = l.member
left join rehome.flows f on f.run_id = r.run_id
where l.of_run = $1 and (r.state <> 'rolled_back' or r.run_id = $1)
order by r.number, f.begun_at, f.flow
