-- The flow's rows are in, and those that are gone are noted. Nobody may help any more, whoever opened it.
update rehome.flows set done = true, open_for = null where run_id = $1 and flow = $2
