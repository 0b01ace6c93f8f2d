-- Rows that stood without an outcome have one again.
update rehome.kept k set ended_by = $1
from pg_temp.rehome_present p, rehome.runs r
where r.run_id = k.run_id
  and (r.namespace = $2 or r.namespace is null)
  and k.flow = $3 and k.row_id = p.rehome_row and k.ended_by is null
  and not p.refused
