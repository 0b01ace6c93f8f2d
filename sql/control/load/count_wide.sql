-- How many rows were found too large for an index.
select count(*) as rows from pg_temp.rehome_wide
