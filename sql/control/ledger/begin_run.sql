-- A new run, or the same one again. taken_up: an earlier process began it and did not end it.
with before as (
    select state from rehome.runs where run_id = $1
)
insert into rehome.runs as r (run_id, pipeline, pipeline_hash, snapshot_id, tool_version, namespace, parent, mappings, made_mappings,
                              snapshot, rules)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (run_id) do update set starts = r.starts + 1, state = 'running', finished_at = null,
    snapshot = excluded.snapshot, made_mappings = r.made_mappings or excluded.made_mappings
returning r.pipeline_hash, r.snapshot_id, coalesce((select state = 'running' from before), false) as taken_up
