-- The run of this namespace that began last, of those that are not rolled back. One of an older version has no namespace.
select run_id, pipeline_hash, snapshot_id, parent, state
from rehome.runs
where (namespace = $1 or namespace is null) and state in ('running', 'done')
order by number desc
limit 1
