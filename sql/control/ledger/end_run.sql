-- The run is in the target, whole.
update rehome.runs set state = 'done', finished_at = clock_timestamp() where run_id = $1
