-- Rejects that stand no longer leave the quarantine, and are kept for who rolls back the run. Those of the run itself go.
with gone as (
    delete from rehome.quarantine q
    using rehome.runs r
    where r.run_id = q.run_id
      and (r.namespace = $2 or r.namespace is null)
      and q.flow = $3
      and q.legacy_key = any ($4)
    returning q.*
)
insert into rehome.resolved (run_id, flow, reject)
select $1, $3, to_jsonb(gone) from gone where gone.run_id <> $1
