-- The rows that were refused one by one, and why.
select rehome_row, sqlstate, constraint_name, column_name, context from pg_temp.rehome_each_refused order by rehome_row
