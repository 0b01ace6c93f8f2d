-- Rows that the target refused are tried again: they leave the quarantine in the transaction that tries them.
delete from rehome.quarantine
where run_id = $1 and flow = $2 and sqlstate is not null and entity_uuid = any ($3)
