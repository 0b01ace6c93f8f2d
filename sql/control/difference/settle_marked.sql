-- Marked rows stand as they are now.
with after as (
    update rehome.before_images i set after = m.image
    from pg_temp.rehome_marked m where i.run_id = $1 and i.flow = $2 and i.row_id = m.row_id and i.move = 'marked'
),
listed as (
    insert into rehome.conflicts (run_id, flow, row_id, legacy_key, what, columns, decided)
    select $1, $2, g.row_id, g.legacy_key, 'changed', '{}', case when $4 then 'overwritten' else 'kept' end
    from pg_temp.rehome_going g
    where g.there and not g.same
    on conflict do nothing
)
update rehome.kept k
set waiting = false, image = coalesce(m.image, k.image), ended_by = case when not g.there then $1::uuid end
from pg_temp.rehome_going g
left join pg_temp.rehome_marked m on m.row_id = g.row_id,
     rehome.runs r
where k.flow = $2 and k.row_id = g.row_id and k.ended_by is null and r.run_id = k.run_id
  and (r.namespace = $3 or r.namespace is null)
