copy public.{table} ({columns}) from '{file}' (format binary)
