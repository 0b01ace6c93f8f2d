-- Blocks of staged rows are found by their numbers.
create index on pg_temp.rehome_each (rehome_row);
analyze pg_temp.rehome_each
