copy (select entity_type, legacy_id, entity_uuid from public.migration_mappings) to stdout (format binary)
