-- The mapping of a legacy key, or of an id: each where it is asked for.
select m.entity_type::text as entity, {key} as key, {id} as id, {run} as run
from {table} m
where ($1::text is null or m.entity_type::text = $1)
  and ($2::text is null or {key} = $2)
  and ($3::text is null or {id} = $3)
order by 1, 2
