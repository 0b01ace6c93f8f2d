-- Flows whose chunks anybody may load, of the run that may write now.
select f.run_id, f.flow, f.open_for::text as settings
from rehome.flows f
join rehome.epoch e on e.epoch = (f.open_for ->> 'epoch')::bigint
where f.open_for is not null and not f.done
order by f.begun_at
