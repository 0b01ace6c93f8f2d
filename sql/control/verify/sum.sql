-- How many rows there are, and the sum of their hashes.
select count(*) as rows, coalesce(sum(pg_catalog.hash_record_extended(row({columns}), {seed})), 0)::text as total
from {rows}
