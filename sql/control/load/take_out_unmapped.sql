-- Takes rows of a flow without mappings out of the target and into the quarantine: known by the target's unique key.
-- A row that the target refused when it was loaded is not in, though another one with its key may be.
with bad as (
    {bad}
),
mine as (
    select bad.part, bad.place, bad.parent, s.legacy_key, s.entity_uuid
    from bad
    join {table} t on t.tableoid = bad.part and t.ctid = bad.place
    join pg_temp.rehome_staged_rows s on {equal}
    where not exists (select from rehome.quarantine q
                       where q.run_id = $1 and q.flow = $2 and q.entity_uuid = s.entity_uuid)
),
gone as (
    delete from {table} t using mine where t.tableoid = mine.part and t.ctid = mine.place
),
-- A parent that was rejected or refused itself is the cause.
causes as (
    select distinct on (q.entity_uuid) q.entity_uuid::text as parent, q.flow, q.legacy_key
    from rehome.quarantine q
    where q.run_id = $1 and q.entity_uuid is not null
    order by q.entity_uuid, q.flow, q.legacy_key
),
noted as (
    insert into rehome.quarantine (run_id, flow, legacy_key, reason, sqlstate, constraint_name, entity_uuid,
                                   cause_flow, cause_key)
    select $1, $2, mine.legacy_key, $3, $4, $5, mine.entity_uuid, causes.flow, causes.legacy_key
    from mine
    left join causes using (parent)
    returning 1
)
select count(*) as taken from noted
