-- A place for columns of outcomes, in the types of their table, beside their keys and the UUIDs that tell them apart.
drop table if exists pg_temp.rehome_staged_rows;
create temporary table rehome_staged_rows as
select {columns}, null::text as rehome_key, null::text as rehome_entity_key, null::uuid as rehome_row
from {table} with no data
