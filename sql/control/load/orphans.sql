-- Rows of a table whose foreign key points to nothing.
select t.tableoid as part, t.ctid as place
from {table} t
where {present}
  and not exists (select from {referenced} r where {equal})
