-- What a run did to each flow's rows beside a first load, in rows.
select flow, what, sum(rows)::bigint as rows
from (
    select flow, move as what, count(*) as rows from rehome.before_images where run_id = $1 group by 1, 2
    union all
    select flow, 'altered', count(*) from rehome.before_images where run_id = $1 and altered is not null group by 1
    union all
    select flow, 'conflict_' || decided, count(*) from rehome.conflicts where run_id = $1 group by 1, 2
    union all
    select flow, 'standing', count(*) from rehome.kept where run_id = $1 and ended_by is null group by 1
) counted
group by 1, 2
