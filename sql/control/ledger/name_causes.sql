-- Rows that a foreign key refused name the row that was to be their parent, where it was rejected or refused itself: by one
-- of the flows that load the table pointed to ($5), if there is one.
with causes as (
    select distinct on (q.entity_uuid) q.entity_uuid, q.flow, q.legacy_key
    from rehome.quarantine q
    where q.entity_uuid = any ($4)
    order by q.entity_uuid, q.flow = any ($5) desc, q.flow, q.legacy_key
)
update rehome.quarantine q
set cause_flow = causes.flow, cause_key = causes.legacy_key
from rows from (pg_catalog.unnest($3::uuid[]), pg_catalog.unnest($4::uuid[])) as wanted (row, parent)
join causes on causes.entity_uuid = wanted.parent
where q.run_id = $1 and q.flow = $2 and q.entity_uuid = wanted.row and q.cause_flow is null
