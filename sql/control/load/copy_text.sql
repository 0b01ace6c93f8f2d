-- Rows in PostgreSQL's text form, for types whose binary form is not known.
copy {table} ({columns}) from stdin
