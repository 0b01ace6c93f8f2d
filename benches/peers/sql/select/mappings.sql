select '{entity}'::text as entity_type, legacy_id::bigint as legacy_id, id as entity_uuid from map_{entity}
