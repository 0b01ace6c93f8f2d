-- Rows that are still to be put back.
select row_id, move from rehome.before_images
where run_id = $1 and flow = $2 and move = any ($3)
order by moved_at desc, row_id
