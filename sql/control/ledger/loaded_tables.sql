-- The tables that runs have loaded, and the latest mappings table.
select coalesce(array_agg(table_schema), '{}') as schemas, coalesce(array_agg(table_name), '{}') as names,
       (select mappings from rehome.runs order by number desc limit 1) as mappings
from rehome.flows
