-- How many rows of a flow are in the target, as its chunks said.
select coalesce(sum(rows), 0)::bigint as rows
from rehome.chunks
where run_id = $1 and flow = $2 and chunk like 'migrated:%'
