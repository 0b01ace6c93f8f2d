-- The comment, as before.
comment on constraint {name} on {table} is {comment}
