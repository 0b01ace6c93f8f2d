-- A table like one of the target's, with its defaults, checks and indexes; triggers and foreign keys stay behind.
create table {table} (like {real} including all)
