-- What bringing a flow in line has moved, in rows.
select (select count(*) from rehome.before_images where run_id = $1 and flow = $2 and move = 'inserted') as inserted,
       (select count(*) from rehome.before_images where run_id = $1 and flow = $2 and move = 'updated') as updated,
       (select count(*) from rehome.kept where run_id = $1 and flow = $2 and why = 'gone') as gone,
       (select coalesce(sum(rows), 0)::bigint from rehome.chunks where run_id = $1 and flow = $2 and chunk like 'migrated:%')
           as brought
