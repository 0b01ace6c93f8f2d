-- Rows that the target refused get their whole source rows, where these are still missing.
update rehome.quarantine q
set source_row = s.source_row
from pg_temp.rehome_staged_sources s
where q.run_id = $1 and q.flow = $2 and q.legacy_key = s.legacy_key and q.sqlstate is not null and q.source_row is null
