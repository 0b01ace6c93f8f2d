select state <> 'running' as done from rehome.runs where run_id = $1
