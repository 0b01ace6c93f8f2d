copy (select {values} from ({query}) as q) to stdout (format binary)
