-- The order CLUSTER is to use, as before.
alter table {table} cluster on {name}
