-- Taken away for the time of the load; its definition is in the ledger.
drop index {index}
