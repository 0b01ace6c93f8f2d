-- What is in of a flow.
select chunk from rehome.chunks where run_id = $1 and flow = $2
