-- The UUIDs that this run, and those before it, gave to an entity.
copy (select entity_uuid::text::uuid from {mappings}
       where run_id in (select l.run_id from rehome.runs l
                          join rehome.runs o on o.run_id = {run} and l.namespace is not distinct from o.namespace)
         and entity_type = {entity}) to stdout with (format binary)
