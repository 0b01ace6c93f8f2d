-- The flows of the run.
select flow, entity, table_schema, table_name from rehome.flows where run_id = $1 order by flow
