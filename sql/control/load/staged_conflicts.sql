-- Legacy keys whose mapping says another id.
select count(*) as conflicts
from pg_temp.rehome_staged_mappings s
join {table} m on m.entity_type = s.entity_type and m.{key} = s.{key}
where ({ids_of_table}) is distinct from ({ids_of_stage})
