-- Taken away again, so that rows can be taken out; its definition is in the ledger.
alter table {table} drop constraint if exists {name}
