-- Mappings that no run of ours wrote: their UUIDs are kept.
select m.entity_type::text as entity, m.legacy_id::text as legacy_id, m.legacy_key, m.entity_uuid::text as uuid
from {table} m
where m.entity_type::text = any ($1)
  and m.entity_uuid is not null
  and not exists (select from rehome.runs r where r.run_id = m.run_id)
order by 1, 2, 3
