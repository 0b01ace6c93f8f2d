copy (
    select {columns} from public.{table}
    where entity_type = '{entity}' and (legacy_id % 2 = 1 or not {odd_only})
) to '{file}' (format binary)
