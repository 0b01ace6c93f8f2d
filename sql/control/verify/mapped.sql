-- The UUIDs that this run, and those before it, gave to an entity.
copy (select entity_uuid::text::uuid from {mappings}
       where run_id in (select member from rehome.lineage where of_run = {run}) and entity_type = {entity})
to stdout with (format binary)
