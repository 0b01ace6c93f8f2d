-- What the run has loaded, the last first.
select flow, entity, table_schema, table_name, mode, base, columns, identity, coalesce(was_empty, false) as was_empty
from rehome.flows
where run_id = $1
order by begun_at desc, flow
