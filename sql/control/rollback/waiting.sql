-- Is a row of these still to be put back?
select exists (select from rehome.before_images where run_id = $1 and flow = $2 and move = any ($3)) as any
