-- Looks at every row.
alter table {table} validate constraint {name}
