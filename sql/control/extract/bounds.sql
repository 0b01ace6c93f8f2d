-- The smallest and the largest key.
select min({key})::pg_catalog.int8 as low, max({key})::pg_catalog.int8 as high from {table}
