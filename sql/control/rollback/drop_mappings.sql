-- The table was made by the run, and is empty.
drop table {mappings}
