-- The rows that a run would have changed, and others had changed, deleted or referred to.
select flow, legacy_key, what, columns, decided from rehome.conflicts where run_id = $1 order by flow, legacy_key
