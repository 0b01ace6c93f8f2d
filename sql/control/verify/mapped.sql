-- The UUIDs that this run gave to an entity.
copy (select entity_uuid::text::uuid from {mappings} where run_id = {run} and entity_type = {entity}) to stdout with (format binary)
