-- The mapping rows that are not known yet; several flows may share an entity.
insert into {table} (entity_type, legacy_id, legacy_key, entity_uuid, run_id)
select s.entity_type, s.legacy_id, s.legacy_key, s.entity_uuid, s.run_id
from pg_temp.rehome_staged_mappings s
where not exists (select from {table} m where m.entity_type = s.entity_type and m.{key} = s.{key})
on conflict do nothing
