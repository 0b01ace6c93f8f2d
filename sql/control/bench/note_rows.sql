-- As a chunk's rows are counted.
update {table} set rows = $3 where run_id = $1 and what = $2
