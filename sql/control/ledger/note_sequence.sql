-- Where a sequence stands before the run moves it.
insert into rehome.saved_sequences (run_id, sequence, before)
select $1, $2::text, pg_catalog.pg_sequence_last_value($2::text::regclass)
on conflict (run_id, sequence) do nothing
