-- The key of a partitioned table, which is to hold those of its partitions together.
alter table only {table} add constraint {name} {definition}
