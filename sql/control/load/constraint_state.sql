-- Is the constraint back already, and has it been validated?
select convalidated as validated from pg_catalog.pg_constraint
where conrelid = to_regclass($1) and conname = $2
