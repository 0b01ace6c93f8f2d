-- As before.
alter table only {table} enable {sort} {what} {name}
