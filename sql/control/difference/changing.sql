-- The rows that are to be changed.
select p.rehome_row as row from pg_temp.rehome_present p where p.there and (p.same or $1) and not p.refused
