-- The comment, as before.
comment on index {index} is {comment}
