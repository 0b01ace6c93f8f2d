-- The mappings of some entities, and all that these runs wrote.
copy (
    select m.entity_type::text, {legacy_id}, {legacy_key}, {entity_uuid}, {entity_id}, {run_id}
    from {mappings} m
    where m.entity_type::text = any ({entities}) or {of_runs}
) to stdout with (format binary)
