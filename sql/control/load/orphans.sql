-- Rows of a table whose foreign key points to nothing. parent: what it points to, where that is one column.
select t.tableoid as part, t.ctid as place, {parent} as parent
from {table} t
where {present}
  and {absent}
