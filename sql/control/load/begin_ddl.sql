-- Changes of a table's definition wait only shortly: a table that others use is left as it is.
begin;
set local lock_timeout = '2s'
