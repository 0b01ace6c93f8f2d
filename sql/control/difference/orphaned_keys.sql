-- The keys, by their mappings, of rows of earlier runs that no staged row stands for, where ids are no UUIDs of ours.
select distinct {key} as key
from {table} t
join {mappings} m on {mapped} and m.entity_type::text = $2
join rehome.lineage l on l.of_run = $1 and l.member = m.run_id
where not exists (select from pg_temp.rehome_after s where {equal})
