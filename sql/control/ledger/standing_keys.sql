-- The keys, as others refer to them, of rows of some flows that stand without an outcome.
select distinct k.flow, k.entity_key as key
from rehome.kept k
join rehome.lineage l on l.of_run = $1 and l.member = k.run_id
where k.flow = any ($2) and k.ended_by is null
