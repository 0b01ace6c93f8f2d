-- Rows that were taken out when constraints came back learn in which chunk they had come.
update rehome.quarantine
set chunk = $3
where run_id = $1 and flow = $2 and entity_uuid = any ($4) and sqlstate is not null and chunk is null
