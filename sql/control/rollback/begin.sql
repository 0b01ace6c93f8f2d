-- From here on the run is being taken back: nothing may build on it.
update rehome.runs set state = 'rolling_back', finished_at = null where run_id = $1
