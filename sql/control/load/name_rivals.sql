-- Rows that another one kept out name it, where it is ours: the target has it, and the mappings its key. The flow that
-- loads it is one of this run.
with rivals as (
    select distinct on (wanted.rehome_row) wanted.rehome_row, f.flow, coalesce(m.legacy_key, m.legacy_id::text) as key
    from (select rehome_row, rehome_key, {expressions} from pg_temp.rehome_staged_rows where {predicate}) wanted
    join (select {id} as rehome_id, {expressions} from {table} where {predicate}) held on {match}
    join {mappings} m on m.entity_uuid = held.rehome_id::{uuid_type}
    join rehome.flows f on f.run_id = $1
                       and f.entity = m.entity_type::text
                       and f.table_schema = $3
                       and f.table_name = $4
    where (f.flow, coalesce(m.legacy_key, m.legacy_id::text)) is distinct from ($2::text, wanted.rehome_key)
    order by wanted.rehome_row, f.flow <> $2, f.flow, m.legacy_id, m.legacy_key
)
update rehome.quarantine q
set cause_flow = rivals.flow, cause_key = rivals.key
from rivals
where q.run_id = $1 and q.flow = $2 and q.entity_uuid = rivals.rehome_row
  and q.constraint_name = $5 and q.sqlstate in ('23505', '23P01') and q.cause_flow is null
