-- Of how many rows triggers have made something else than the run wrote, by flow and column.
select i.flow, c.name as column, count(*) as rows
from rehome.before_images i
cross join unnest(i.altered) as c (name)
where i.run_id = $1 and i.altered is not null
group by i.flow, c.name
