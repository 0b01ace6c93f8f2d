-- The rows of a table, or of a range of its keys, to be compared with what was expected.
copy (select {columns} from {table} where {range}) to stdout with (format binary)
