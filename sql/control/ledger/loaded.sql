-- How many rows of a flow its chunks have brought into the target.
select coalesce(sum(rows), 0)::bigint as rows
from rehome.chunks
where run_id = $1 and flow = $2 and (chunk like 'migrated:%' or chunk like 'piece:%' or chunk like 'again:%')
