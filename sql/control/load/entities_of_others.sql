-- The entities that have mappings which this run did not write.
select distinct m.entity_type::text as entity from {table} m where m.run_id is distinct from $1
