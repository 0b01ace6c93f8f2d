-- Rows in PostgreSQL's binary form.
copy {table} ({columns}) from stdin with (format binary)
