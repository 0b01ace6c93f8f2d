-- Lets the target make ids for the rows of a flow, as many as its source has rows.
insert into rehome.made_ids (run_id, flow, place, value)
select $1, $2, place, ({default})::text from pg_catalog.generate_series(1, $3::bigint) place
