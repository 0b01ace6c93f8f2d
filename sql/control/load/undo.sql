-- It was refused: as if it had not been sent.
rollback to savepoint rehome_rows;
release savepoint rehome_rows
