-- Other processes may load chunks of the flow from here on.
update rehome.flows set open_for = $3::text::jsonb where run_id = $1 and flow = $2
