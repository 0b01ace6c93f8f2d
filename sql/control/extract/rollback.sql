-- Lets go of everything the transaction holds.
rollback
