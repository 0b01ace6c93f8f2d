-- The staged rows that the target holds.
select p.rehome_row as row from pg_temp.rehome_present p where p.there
