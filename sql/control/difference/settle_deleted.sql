-- Deleted rows stand no longer, nor do those that others deleted; what is left stays, and is listed.
with settled as (
    select g.row_id, g.legacy_key, g.same,
           exists (select from pg_temp.rehome_went w where w.row_id = g.row_id) as deleted,
           g.there
    from pg_temp.rehome_going g
),
ended as (
    update rehome.kept k
    set waiting = false, ended_by = case when s.deleted or not s.there then $1::uuid end
    from settled s, rehome.runs r
    where k.flow = $2 and k.row_id = s.row_id and k.ended_by is null and r.run_id = k.run_id
      and (r.namespace = $3 or r.namespace is null)
)
insert into rehome.conflicts (run_id, flow, row_id, legacy_key, what, columns, decided)
select $1, $2, s.row_id, s.legacy_key, case when s.same or $4 then 'referenced' else 'changed' end, '{}', 'kept'
from settled s
where s.there and not s.deleted
on conflict do nothing
