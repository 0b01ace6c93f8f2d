-- The ids that runs of the namespace of $2, other than that one, gave to an entity's rows, by legacy key.
select coalesce(m.legacy_key, m.legacy_id::text) as key, {id} as id
from {table} m
join rehome.lineage l on l.of_run = $2 and l.member = m.run_id and l.member <> l.of_run
where m.entity_type::text = $1
  and {id} is not null
order by 1
