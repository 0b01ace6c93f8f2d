-- The ids that the target has made for a flow, in their order.
select value from rehome.made_ids where run_id = $1 and flow = $2 order by place
