-- The rows that were found too large for an index.
select part, place, null::text as parent from pg_temp.rehome_wide
