-- Nothing was done with it.
rollback
