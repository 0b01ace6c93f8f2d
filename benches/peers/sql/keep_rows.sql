copy (
    select {columns} from public.{table} where {key} % 2 = 1 or not {odd_only}
) to '{file}' (format binary)
