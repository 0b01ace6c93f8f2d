-- A run other than $1 that has loaded rows of the entity $2 into the table $3.$4.
select f.run_id::text as run, f.flow
from rehome.flows f
where f.run_id <> $1
  and f.entity = $2
  and f.table_schema = $3
  and f.table_name = $4
  and exists (select from rehome.chunks c where c.run_id = f.run_id and c.flow = f.flow and c.rows > 0)
limit 1
