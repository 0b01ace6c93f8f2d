-- Has this entity mappings that this flow did not write: adopted ones, those of an older run, or of a flow it shares the
-- entity with?
select exists (select from {table} m where m.entity_type = {entity} and m.run_id is distinct from $1)
    or exists (select from rehome.flows f where f.run_id = $1 and f.entity = $2 and f.flow <> $3) as known
