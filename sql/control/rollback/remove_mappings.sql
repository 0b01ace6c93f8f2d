-- All other mappings of the run go, and those that it removed come back.
delete from {mappings} where run_id = $1
