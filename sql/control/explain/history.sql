-- What the runs of a namespace ($3) did to a row of a flow, by its UUID ($2) or its legacy key ($4), the first first.
with known as (
    select run_id, number from rehome.runs where namespace = $3 or namespace is null
),
moved as (
    select i.run_id, i.moved_at as at, i.move as what, '{}'::text[] as columns
    from known k join rehome.before_images i on i.run_id = k.run_id where i.flow = $1 and i.row_id = $2
    union all
    select i.run_id, i.moved_at, 'altered by a trigger', i.altered
    from known k join rehome.before_images i on i.run_id = k.run_id
    where i.flow = $1 and i.row_id = $2 and i.altered is not null
    union all
    select c.run_id, c.found_at, c.what || ' by others, ' || c.decided, c.columns
    from rehome.conflicts c where c.flow = $1 and c.row_id = $2
    union all
    select e.run_id, null, case e.fate when 'refused' then 'refused: it was there before' else e.fate end, '{}'
    from rehome.existing e where e.flow = $1 and e.entity_uuid = $2
    union all
    select k.run_id, null, 'left standing: ' || replace(k.why, '_', ' '), '{}'
    from rehome.kept k where k.flow = $1 and k.row_id = $2
    union all
    select l.run_id, null, 'left by a rollback: ' || l.why, '{}'
    from rehome.left_rows l where l.flow = $1 and l.row_id = $2
    union all
    select v.run_id, null, 'resolved: ' || coalesce(v.reject ->> 'reason', ''), '{}'
    from rehome.resolved v where v.flow = $1 and v.reject ->> 'legacy_key' = $4
)
select k.run_id::text as run, m.at::text as at, m.what, m.columns
from moved m
join known k on k.run_id = m.run_id
order by k.number, m.at, m.what
