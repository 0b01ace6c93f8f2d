-- The mapping rows that are not known yet; several flows may share an entity.
insert into {table} ({columns})
select {columns}
from pg_temp.rehome_staged_mappings s
where not exists (select from {table} m where m.entity_type = s.entity_type and m.{key} = s.{key})
on conflict do nothing
