copy public.migration_mappings (entity_type, legacy_id, entity_uuid) from stdin (format binary)
