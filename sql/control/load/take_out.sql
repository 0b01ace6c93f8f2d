-- Takes rows of this run out of the target and into the quarantine; rows of others stay.
with bad as (
    {bad}
),
mine as (
    select bad.part, bad.place, bad.parent, t.{id} as id, f.flow, m.entity_type, m.legacy_id, m.legacy_key,
           m.tableoid as mapping_part, m.ctid as mapping_place
    from bad
    join {table} t on t.tableoid = bad.part and t.ctid = bad.place
    join {mappings} m on m.entity_uuid = t.{id}::{uuid_type} and m.run_id in (select member from rehome.lineage where of_run = $1)
    join rehome.flows f on f.run_id = $1
                       and f.entity = m.entity_type::text
                       and f.table_schema = $2
                       and f.table_name = $3
),
gone as (
    delete from {table} t using mine where t.tableoid = mine.part and t.ctid = mine.place
    returning 1
),
unmapped as (
    delete from {mappings} m using mine
    where m.tableoid = mine.mapping_part
      and m.ctid = mine.mapping_place
      and {unshared}
),
-- A parent that was rejected or refused itself is the cause: by the flow that loads the table pointed to ($7), if there is one.
causes as (
    select distinct on (q.entity_uuid) q.entity_uuid::text as parent, q.flow, q.legacy_key
    from rehome.quarantine q
    where q.entity_uuid is not null
    order by q.entity_uuid, q.flow = any ($7) desc, q.flow, q.legacy_key
),
noted as (
    insert into rehome.quarantine (run_id, flow, legacy_key, reason, sqlstate, constraint_name, entity_uuid,
                                   cause_flow, cause_key, taken_out)
    select $1, mine.flow, coalesce(mine.legacy_key, mine.legacy_id::text), $4, $5, $6, mine.id::text::uuid,
           causes.flow, causes.legacy_key, true
    from mine
    left join causes using (parent)
    returning 1
)
select (select count(*) from noted) as taken, (select count(*) from gone) as gone
