-- The rows that the target refused, of one flow or of all.
select flow, legacy_key, sqlstate, constraint_name, column_name, reason, entity_uuid,
       cause_flow, cause_key, chunk, taken_out
from rehome.quarantine
where run_id = $1
  and sqlstate is not null
  and ($2::text is null or flow = $2)
order by flow, legacy_key
