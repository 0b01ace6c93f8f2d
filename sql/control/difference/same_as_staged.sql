(row({of_table})::record operator(pg_catalog.*=) row({of_stage})::record
 or exists (
    select from rehome.before_images i
    where i.flow = {flow} and i.row_id = s.rehome_row and i.altered is not null and i.after = {hash}
 ))
