-- How tables stood when a run, or the latest of those that build on it, ended.
select distinct on (t.table_schema, t.table_name)
       t.table_schema, t.table_name, t.rows, t.structure::text as structure
from rehome.tables_left t
join rehome.lineage l on l.of_run = $1 and l.member = t.run_id
join rehome.runs r on r.run_id = t.run_id
where r.state in ('running', 'done')
order by t.table_schema, t.table_name, r.number desc
