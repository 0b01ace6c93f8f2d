-- The sequence goes on after the highest value in the column.
select setval($1::text::regclass, highest)
from (select max({column})::bigint as highest from {table}) found
where highest > coalesce((select last_value from pg_catalog.pg_sequences
                           where format('%I.%I', schemaname, sequencename) = $1::text), 0)
