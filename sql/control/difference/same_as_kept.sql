exists (
    select from rehome.kept k
    where k.flow = {flow} and k.row_id = s.rehome_row and k.ended_by is null and k.image = {hash}
)
