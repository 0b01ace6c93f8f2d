-- One by one: all at once may need more locks than the server has.
drop table if exists {table} cascade
