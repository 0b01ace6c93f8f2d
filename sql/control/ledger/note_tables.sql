-- How tables stand at the end of a run, the first time that it ends.
insert into rehome.tables_left (run_id, table_schema, table_name, rows, structure)
select $1, t.schema, t.name, t.rows, t.structure::jsonb
from unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) as t (schema, name, rows, structure)
on conflict do nothing
