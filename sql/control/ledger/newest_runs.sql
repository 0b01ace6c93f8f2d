-- The runs of a target that were not taken back, the newest first, whose id begins with a text.
select run_id, snapshot_id, snapshot
from rehome.runs
where run_id::text like $1 || '%' and state in ('running', 'done')
order by number desc
