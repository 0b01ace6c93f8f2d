-- Rows whose foreign key points to nothing.
select count(*) as rows
from {table} t
where {present}
  and {absent}
