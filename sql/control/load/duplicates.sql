-- Rows that a unique index refuses. Of rows with the same key the first stays: one that was there before us, else the
-- one with the lowest legacy key. Keys that only one row has are sorted out first.
with keyed as (
    select tableoid as part, ctid as place, {id} as id, {named}
    from {table}
    where ({predicate}) and {present}
),
shared as (
    select {keys} from keyed group by {keys} having count(*) > 1
)
select numbered.part, numbered.place, null::text as parent
from (
    select keyed.part, keyed.place,
           row_number() over (partition by {keys_of_row} order by m.entity_uuid is not null, m.legacy_id, m.legacy_key, keyed.place) as number
    from keyed
    join shared on {same}
    left join {mappings} m on m.entity_uuid = keyed.id::{uuid_type}
        and m.run_id in (select member from rehome.lineage where of_run = {run})
) numbered
where numbered.number > 1
