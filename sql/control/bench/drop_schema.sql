-- With all that is left in it.
drop schema if exists {schema} cascade
