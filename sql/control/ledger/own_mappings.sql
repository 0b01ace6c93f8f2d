-- The ids that runs of a namespace ($2), but not the run $3, gave to an entity's rows, by legacy key. The run need not have begun.
select coalesce(m.legacy_key, m.legacy_id::text) as key, {id} as id
from {table} m
join rehome.runs r on r.run_id = m.run_id
where m.entity_type::text = $1
  and (r.namespace = $2 or r.namespace is null)
  and r.run_id <> $3
  and {id} is not null
order by 1
