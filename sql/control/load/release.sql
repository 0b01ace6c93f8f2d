-- It was not refused.
release savepoint rehome_rows
