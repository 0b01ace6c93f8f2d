-- Which rows of the table the staged rows stand for, by a unique key of it: compared as that key compares, and only with the
-- rows that it holds for. Rows that this run has brought itself are none.
with met as (
    select s.rehome_entity_key as key, t.{id} as found
    from pg_temp.rehome_staged_rows s
    join (select * from {table} where {predicate}) t on {equal}
    where not exists (
        select from {mappings} m
        where m.run_id in (select member from rehome.lineage where of_run = $1)
          and m.entity_uuid = t.{id}::{uuid_type}
          and not exists (select from rehome.existing e where e.run_id = m.run_id and e.entity_uuid = t.{id})
    )
),
counted as (
    select key, found, count(*) over (partition by found) as sources, count(*) over (partition by key) as targets
    from met
)
select key, found, sources > 1 as twice, targets > 1 as several
from counted
order by key, found
