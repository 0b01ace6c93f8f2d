-- Rows that stay are others' by now, and so are their mappings.
update {mappings} m set run_id = null
from rehome.left_rows l, rehome.flows f
where l.run_id = $1 and f.run_id = $1 and f.flow = l.flow and m.run_id = $1
  and m.entity_type::text = f.entity and coalesce(m.legacy_key, m.legacy_id::text) = l.legacy_key
