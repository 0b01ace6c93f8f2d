-- A row of the target, by the texts of the columns that tell it apart.
select {image} as image from {table} t where {is} limit 1
