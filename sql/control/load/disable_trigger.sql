-- What is put back is put back as it was: no trigger has a say in it.
alter table only {table} disable trigger {trigger}
