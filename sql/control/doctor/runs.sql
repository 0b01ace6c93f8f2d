-- The runs of this target that are not at their end.
select run_id::text as run, pipeline, state, to_char(started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as since
from rehome.runs
where state in ('running', 'rolling_back')
order by started_at
