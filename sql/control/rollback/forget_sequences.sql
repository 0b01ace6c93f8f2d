-- They are where they were.
delete from rehome.saved_sequences where run_id = $1
