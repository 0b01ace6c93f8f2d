-- The same where NULLs count as equal: keys are compared whole.
select numbered.part, numbered.place, null::text as parent
from (
    select keyed.part, keyed.place,
           row_number() over (partition by keyed.key order by m.entity_uuid is not null, m.legacy_id, m.legacy_key, keyed.place) as number
    from (
        select tableoid as part, ctid as place, {id} as id, row({expressions}) as key
        from {table}
        where ({predicate})
    ) keyed
    left join {mappings} m on m.entity_uuid = keyed.id::{uuid_type} and m.run_id = {run}
) numbered
where numbered.number > 1
