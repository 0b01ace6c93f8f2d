-- Taken away for the time of the load; its definition is in the ledger.
alter table {table} drop constraint {name}
