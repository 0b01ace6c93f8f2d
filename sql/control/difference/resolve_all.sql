-- All rejects of a flow that earlier runs have left in the quarantine.
with gone as (
    delete from rehome.quarantine q
    using rehome.runs r
    where r.run_id = q.run_id
      and (r.namespace = $2 or r.namespace is null)
      and q.flow = $3
      and q.run_id <> $1
    returning q.*
)
insert into rehome.resolved (run_id, flow, reject)
select $1, $3, to_jsonb(gone) from gone
