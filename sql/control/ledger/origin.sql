-- What a run was made of: its snapshot, and its rules as files.
select snapshot_id, snapshot, rules from rehome.runs where run_id = $1
