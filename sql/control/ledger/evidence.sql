-- What the ledger holds of a run ($1), row by row and in one order, as JSON. No value of a row is in it: of rows that it keeps it gives
-- keys, reasons and counts, and of long texts their hashes.
select part, name, row::text as row from (
    select 'runs' as part, r.run_id::text as name,
           pg_catalog.to_jsonb(r) - 'rules' - 'snapshot' || pg_catalog.jsonb_build_object('rules_md5', pg_catalog.md5(r.rules)) as row
    from rehome.runs r where r.run_id = $1
    union all
    select 'flows', f.flow, pg_catalog.to_jsonb(f) from rehome.flows f where f.run_id = $1
    union all
    select 'chunks', c.flow || ' ' || c.chunk, pg_catalog.to_jsonb(c) from rehome.chunks c where c.run_id = $1
    union all
    select 'tables_left', t.table_schema || '.' || t.table_name,
           pg_catalog.to_jsonb(t) - 'structure' || pg_catalog.jsonb_build_object('structure_md5', pg_catalog.md5(t.structure::text))
    from rehome.tables_left t where t.run_id = $1
    union all
    select 'quarantine', q.flow || ' ' || q.legacy_key, pg_catalog.to_jsonb(q) - 'source_row' from rehome.quarantine q where q.run_id = $1
    union all
    select 'conflicts', c.flow || ' ' || c.legacy_key, pg_catalog.to_jsonb(c) from rehome.conflicts c where c.run_id = $1
    union all
    select 'sequences', s.sequence, pg_catalog.to_jsonb(s) from rehome.saved_sequences s where s.run_id = $1
    union all
    select 'existing', e.flow || ' ' || e.fate, pg_catalog.jsonb_build_object('rows', count(*))
    from rehome.existing e where e.run_id = $1 group by e.flow, e.fate
    union all
    select 'resolved', r.flow, pg_catalog.jsonb_build_object('rows', count(*)) from rehome.resolved r where r.run_id = $1 group by r.flow
    union all
    select 'moved', b.flow || ' ' || b.move, pg_catalog.jsonb_build_object('rows', count(*))
    from rehome.before_images b where b.run_id = $1 group by b.flow, b.move
    union all
    select 'kept', k.flow || ' ' || k.why, pg_catalog.jsonb_build_object('rows', count(*))
    from rehome.kept k where k.run_id = $1 group by k.flow, k.why
    union all
    select 'made_ids', m.flow, pg_catalog.jsonb_build_object('rows', count(*)) from rehome.made_ids m where m.run_id = $1 group by m.flow
    union all
    select 'left_rows', l.flow || ' ' || l.why, pg_catalog.jsonb_build_object('rows', count(*))
    from rehome.left_rows l where l.run_id = $1 group by l.flow, l.why
) all_rows
order by part collate "C", name collate "C", row::text collate "C"
