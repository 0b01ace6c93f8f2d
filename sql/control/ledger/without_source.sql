-- Rows that the target refused and whose source rows are not in the quarantine yet, by flow.
select flow, entity_uuid, chunk
from rehome.quarantine
where run_id = $1 and sqlstate is not null and entity_uuid is not null and (source_row is null or chunk is null)
