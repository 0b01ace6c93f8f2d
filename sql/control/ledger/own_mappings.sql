-- The ids that runs of the namespace of $2, other than that one, gave to an entity's rows, by legacy key.
select coalesce(m.legacy_key, m.legacy_id::text) as key, {id} as id
from {table} m
join rehome.runs r on r.run_id = m.run_id
join rehome.runs o on o.run_id = $2
where m.entity_type::text = $1
  and r.namespace is not distinct from o.namespace
  and r.run_id <> o.run_id
  and {id} is not null
order by 1
