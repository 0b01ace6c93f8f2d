-- Rows that a rollback has left, and why.
select flow, legacy_key, why from rehome.left_rows where run_id = $1 order by flow, legacy_key
