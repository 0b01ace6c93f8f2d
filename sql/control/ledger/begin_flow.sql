-- A flow of the run, to be found again by whoever takes rows out later.
insert into rehome.flows (run_id, flow, entity, table_schema, table_name)
values ($1, $2, $3, $4, $5)
on conflict do nothing
