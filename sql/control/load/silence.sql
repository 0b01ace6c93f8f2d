-- What is put back is put back as it was: no trigger and no rule has a say in it.
alter table only {table} disable {what} {name}
