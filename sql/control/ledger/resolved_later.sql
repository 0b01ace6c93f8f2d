-- Rejects that later runs have taken out of the quarantine, or put into it.
select q.flow, q.legacy_key as key
from rehome.quarantine q
join rehome.lineage l on l.of_run = $1 and l.member = q.run_id
join rehome.runs later on later.run_id = q.run_id
join rehome.runs own on own.run_id = $1
where later.number > own.number
union
select v.flow, v.reject ->> 'legacy_key'
from rehome.resolved v
join rehome.lineage l on l.of_run = $1 and l.member = v.run_id
join rehome.runs later on later.run_id = v.run_id
join rehome.runs own on own.run_id = $1
where later.number > own.number
