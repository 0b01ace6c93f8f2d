-- The run of this namespace that began last, of those that are not rolled back. One of an older version has no namespace.
-- One whose rollback was broken off stands before all others.
select run_id, pipeline_hash, snapshot_id, parent, state
from rehome.runs
where (namespace = $1 or namespace is null) and state in ('running', 'done', 'rolling_back')
order by state = 'rolling_back' desc, number desc
limit 1
