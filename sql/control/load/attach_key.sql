-- A primary key or unique constraint over the index that was built for it.
alter table {table} add constraint {name} {sort} using index {name} {timing}
