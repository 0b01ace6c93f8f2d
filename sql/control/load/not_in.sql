-- No table of another flow holds the row too.
not exists (select from {table} o where o.{id} = mine.id)
