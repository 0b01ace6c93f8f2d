-- Keeps TRUNCATE and every other change of these tables' shape away until the rows are read. It comes before the
-- snapshot: a TRUNCATE in between would leave the snapshot with empty tables and no error.
lock table {tables} in access share mode
