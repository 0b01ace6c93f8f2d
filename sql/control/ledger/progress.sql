-- The newest runs of a target, and the rows that each flow of them has brought so far.
select r.run_id, r.state, r.started_at::text as started_at, r.finished_at::text as finished_at, f.flow, f.done, c.chunks, c.rows, c.refused
from (select * from rehome.runs order by number desc limit 50) r
left join rehome.flows f on f.run_id = r.run_id
left join lateral (
    select count(*) as chunks, coalesce(sum(k.rows), 0)::bigint as rows, coalesce(sum(k.refused), 0)::bigint as refused
    from rehome.chunks k
    where k.run_id = f.run_id and k.flow = f.flow
) c on true
order by r.number desc, f.begun_at, f.flow
