-- The same of a flow without UUIDs of ours: all its rows are staged, and those that are not refused are in the target.
with refused as (
    select q.entity_uuid as rehome_row, q.constraint_name, q.sqlstate, q.cause_flow
    from rehome.quarantine q
    where q.run_id = $1 and q.flow = $2 and q.sqlstate is not null
),
rivals as (
    select distinct on (wanted.rehome_row) wanted.rehome_row, held.rehome_key as key
    from (select rehome_row, {expressions} from pg_temp.rehome_staged_rows where {predicate}) wanted
    join refused on refused.rehome_row = wanted.rehome_row and refused.constraint_name = $3
                and refused.sqlstate in ('23505', '23P01') and refused.cause_flow is null
    join (select ctid as rehome_place, rehome_row, rehome_key, {expressions}
          from pg_temp.rehome_staged_rows where {predicate}) held on {match}
    where not exists (select from refused other where other.rehome_row = held.rehome_row)
    order by wanted.rehome_row, held.rehome_place
)
update rehome.quarantine q
set cause_flow = $2, cause_key = rivals.key
from rivals
where q.run_id = $1 and q.flow = $2 and q.entity_uuid = rivals.rehome_row
