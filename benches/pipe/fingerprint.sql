-- The same rows give the same numbers: every column of every row but the time of the last change, and every mapping.
select
    (select count(*) || ' ' || sum(hashtextextended((to_jsonb(t) - 'updated_at')::text, 0)) from public.system_messages t),
    (select count(*) || ' ' || sum(hashtextextended(legacy_id || ' ' || entity_uuid, 0))
     from public.migration_mappings where entity_type = 'system_message')
