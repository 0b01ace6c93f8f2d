-- All chunks of the flow are in.
update rehome.flows set open_for = null where run_id = $1 and flow = $2
