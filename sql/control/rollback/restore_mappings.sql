-- Mappings that the run removed come back as they were.
insert into {mappings} ({columns})
select {values}
from (select (jsonb_populate_record(null::{mappings}, f.mapping)).* from rehome.former_mappings f where f.run_id = $1) m
on conflict do nothing
