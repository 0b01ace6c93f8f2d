-- The rows of some flows that runs which build on each other have put into the quarantine, and those of a run that nobody knows.
copy (
    select q.flow, q.legacy_key, q.run_id::text, q.chunk, {columns}
    from rehome.quarantine q
    where q.flow = any ({flows})
      and (q.run_id in (select member from rehome.lineage where of_run = {run})
           or not exists (select from rehome.runs r where r.run_id = q.run_id))
) to stdout with (format binary)
