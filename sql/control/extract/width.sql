-- How many bytes a table's rows take as they are stored: at the wider of the two ends of its key, where it has one that
-- is cheap to sort by. No long value is fetched, and vacuuming changes nothing.
select greatest(
    (select avg({size}) from (select * from {table} {first} limit 100) as rehome_row),
    (select avg({size}) from (select * from {table} {last} limit 100) as rehome_row),
    1
)::pg_catalog.float8 as width
