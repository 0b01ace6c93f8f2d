-- The mappings of some entities, and all that these runs wrote.
{mappings} m where m.entity_type::text = any ({entities}) or {of_runs}
