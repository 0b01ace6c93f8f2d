-- Rows that were deleted, and are there all the same.
select {id} as id from {table} where {id} = any ($1)
