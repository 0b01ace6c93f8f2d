-- The mappings of rows that were deleted go, unless another table has the row too.
with gone as (
    delete from {mappings} m
    using pg_temp.rehome_going g, rehome.runs r
    where m.entity_type = {entity}
      and {known}
      and r.run_id = m.run_id
      and exists (select from pg_temp.rehome_went w where w.row_id = g.row_id)
      and {unshared}
    returning to_jsonb(m) as mapping
)
insert into rehome.former_mappings (run_id, flow, mapping)
select $1, $2, mapping from gone
