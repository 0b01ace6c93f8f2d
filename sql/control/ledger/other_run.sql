-- A run of another namespace than $1 that has loaded rows of the entity $2 into the table $3.$4. With $5, of any other run than that.
select f.run_id::text as run, f.flow
from rehome.flows f
join rehome.runs r using (run_id)
where (r.namespace is not null and r.namespace <> $1 or r.run_id <> $5)
  and r.state in ('running', 'done')
  and f.entity = $2
  and f.table_schema = $3
  and f.table_name = $4
  and exists (select from rehome.chunks c where c.run_id = f.run_id and c.flow = f.flow and c.rows > 0)
limit 1
