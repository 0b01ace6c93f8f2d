-- The same rows give the same numbers: every column of every row but the time of the last change, every mapping, and
-- the keys, foreign keys, checks and indexes that stand over them, with whether they were validated.
select json_build_object(
    'system_messages', (
        select count(*) || ' ' || coalesce(sum(hashtextextended((to_jsonb(t) - 'updated_at')::text, 0)), 0)
        from public.system_messages t
    ),
    'tasks', (
        select count(*) || ' ' || coalesce(sum(hashtextextended((to_jsonb(t) - 'updated_at')::text, 0)), 0)
        from public.tasks t
    ),
    'files', (
        select count(*) || ' ' || coalesce(sum(hashtextextended((to_jsonb(t) - 'updated_at')::text, 0)), 0)
        from public.files t
    ),
    'case_messages', (
        select count(*) || ' ' || coalesce(sum(hashtextextended((to_jsonb(t) - 'updated_at')::text, 0)), 0)
        from public.case_messages t
    ),
    'migration_mappings', (
        select count(*) || ' ' || coalesce(
            sum(hashtextextended(entity_type || ' ' || legacy_id || ' ' || entity_uuid, 0)), 0
        )
        from public.migration_mappings
    ),
    'constraints', (
        select count(*) || ' ' || md5(string_agg(
            conrelid::regclass || ' ' || conname || ' ' || convalidated || ' ' || pg_get_constraintdef(oid), e'\n'
            order by conrelid::regclass::text, conname
        ))
        from pg_constraint
        where connamespace = 'public'::regnamespace and conrelid <> 0
    ),
    'indexes', (
        select count(*) || ' ' || md5(string_agg(
            pg_get_indexdef(i.indexrelid) || ' ' || i.indisvalid, e'\n' order by c.relname
        ))
        from pg_index i
        join pg_class c on c.oid = i.indexrelid
        where c.relnamespace = 'public'::regnamespace
    )
)
