-- Nothing of it happened.
rollback
