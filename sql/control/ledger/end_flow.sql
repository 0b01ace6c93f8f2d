-- The flow's rows are in, and those that are gone are noted.
update rehome.flows set done = true where run_id = $1 and flow = $2
