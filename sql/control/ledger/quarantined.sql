-- What is in the quarantine for a run: its own rejects, and those of runs before it that stand. Of one flow, of one reason,
-- or all.
select q.flow, q.legacy_key, q.reason, q.sqlstate, q.constraint_name, q.warnings, q.cause_flow, q.cause_key
from rehome.quarantine q
join rehome.lineage l on l.member = q.run_id
where l.of_run = $1
  and ($2::text is null or q.flow = $2)
  and ($3::text is null or q.reason = $3)
order by q.flow, q.reason, q.run_id, q.legacy_key
