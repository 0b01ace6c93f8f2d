copy (select 'system_message'::text, legacy_id::bigint, id from map_system_message order by legacy_id) to stdout (format binary)
