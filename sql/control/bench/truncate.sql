-- Loaded again, from nothing.
truncate {tables}
