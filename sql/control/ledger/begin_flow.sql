-- A flow of the run, to be found again by whoever takes rows out later, or builds on it.
insert into rehome.flows as f (run_id, flow, entity, table_schema, table_name, mode, base, rules, columns, identity, was_empty)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (run_id, flow) do nothing
