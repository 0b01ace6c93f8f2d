-- The rows of a run that were in the target already and have this fate, of one flow or of all.
select flow, entity_uuid from rehome.existing where run_id = $1 and fate = $2 and ($3::text is null or flow = $3)
