-- The runs that are in the target, or those that were taken back, the latest first.
select run_id, coalesce(namespace, '00000000-0000-0000-0000-000000000000') as namespace, pipeline, snapshot_id, mappings,
       made_mappings, parent, state
from rehome.runs
where (state <> 'rolled_back') = $1
order by number desc
