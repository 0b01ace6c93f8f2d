-- Takes rows of a flow without UUIDs of ours out of the target and into the quarantine, and their mappings with them: they
-- are known by the target's unique key. A row that the target refused when it was loaded is not in, though another one
-- with its key may be; one that was adopted was there before.
with bad as (
    {bad}
),
mine as (
    select bad.part, bad.place, bad.parent, s.rehome_key, s.rehome_entity_key, s.rehome_row
    from bad
    join {table} t on t.tableoid = bad.part and t.ctid = bad.place
    join pg_temp.rehome_staged_rows s on {equal}
    where not exists (select from rehome.quarantine q
                       where q.run_id = $1 and q.flow = $2 and q.entity_uuid = s.rehome_row)
      and not exists (select from rehome.existing e
                       where e.run_id = $1 and e.flow = $2 and e.entity_uuid = s.rehome_row and e.fate = 'adopted')
),
gone as (
    delete from {table} t using mine where t.tableoid = mine.part and t.ctid = mine.place
    returning 1
),
unmapped as (
    delete from {mappings} m using mine
    where m.entity_type::text = $6
      and m.run_id in (select member from rehome.lineage where of_run = $1)
      and coalesce(m.legacy_key, m.legacy_id::text) = mine.rehome_entity_key
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
    select $1, $2, mine.rehome_key, $3, $4, $5, mine.rehome_row, causes.flow, causes.legacy_key, true
    from mine
    left join causes using (parent)
    returning 1
)
select (select count(*) from noted) as taken, (select count(*) from gone) as gone
