-- From here on the foreign key holds for new rows; those that are there are looked at next.
alter table {table} add constraint {name} {definition} {validity}
