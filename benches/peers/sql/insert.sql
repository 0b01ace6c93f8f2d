insert into public.{table} ({columns}) select {columns} from ({query}) as q
