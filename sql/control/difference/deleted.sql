-- The rows that others have deleted.
select p.rehome_row as row from pg_temp.rehome_present p where not p.there
