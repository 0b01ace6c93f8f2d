-- All mappings of some entities; the table may lack the columns that are ours.
select m.entity_type::text as entity, m.legacy_id::text as legacy_id, to_jsonb(m) ->> 'legacy_key' as legacy_key,
       m.entity_uuid::text as uuid
from {table} m
where m.entity_type::text = any ($1)
  and m.entity_uuid is not null
order by 1, 2, 3
