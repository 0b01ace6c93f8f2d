copy (select {columns} from ({query}) as q) to stdout (format binary)
