-- Streams the rows of a query, in binary.
copy ({query}) to stdout (format binary)
