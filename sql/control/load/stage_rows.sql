-- A place for columns of outcomes, in the types of their table, beside their keys and the UUIDs that tell them apart.
drop table if exists pg_temp.{name};
create temporary table {name} as
select {columns}, null::text as rehome_key, null::text as rehome_entity_key, null::uuid as rehome_row
from {table} with no data
