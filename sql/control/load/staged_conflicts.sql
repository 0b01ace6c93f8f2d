-- Legacy keys whose mapping says another UUID.
select count(*) as conflicts
from pg_temp.rehome_staged_mappings s
join {table} m on m.entity_type = s.entity_type and m.{key} = s.{key}
where m.entity_uuid <> s.entity_uuid
