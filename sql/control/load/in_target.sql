-- Which of these UUIDs the table holds.
select {id} as id from {table} where {id} = any ($1)
