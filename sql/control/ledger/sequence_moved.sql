-- Where the run left it.
update rehome.saved_sequences set after = pg_catalog.pg_sequence_last_value(sequence::regclass) where run_id = $1 and sequence = $2
