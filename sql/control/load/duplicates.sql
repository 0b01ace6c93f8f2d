-- Rows that a unique index refuses. Of rows with the same key the first stays: one that was there before us, else the
-- one with the lowest legacy key.
select numbered.part, numbered.place, null::text as parent
from (
    select keyed.part, keyed.place,
           row_number() over (partition by keyed.key order by m.entity_uuid is not null, m.legacy_id, m.legacy_key, keyed.place) as number
    from (
        select tableoid as part, ctid as place, {id} as id, row({expressions}) as key
        from {table}
        where ({predicate}) and {present}
    ) keyed
    left join {mappings} m on m.entity_uuid = keyed.id::{uuid_type} and m.run_id in (select l.run_id from rehome.runs l join rehome.runs o on o.run_id = {run} and l.namespace is not distinct from o.namespace)
) numbered
where numbered.number > 1
