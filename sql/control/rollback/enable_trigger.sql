-- As before.
alter table {table} enable {sort} trigger {trigger}
