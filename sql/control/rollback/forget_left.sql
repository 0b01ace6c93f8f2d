-- An earlier rollback of the same run has left others.
delete from rehome.left_rows where run_id = $1
