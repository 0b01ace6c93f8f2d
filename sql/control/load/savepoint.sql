-- What follows may be refused.
savepoint rehome_rows
