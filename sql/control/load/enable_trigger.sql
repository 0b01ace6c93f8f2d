-- As before.
alter table only {table} enable {sort} trigger {trigger}
