-- A place for rows that are to be inserted one by one, without the rules of their table, and one for those it refuses.
drop table if exists pg_temp.rehome_each;
drop table if exists pg_temp.rehome_each_refused;
create temporary table rehome_each ({columns}, rehome_row bigint) on commit drop;
create temporary table rehome_each_refused (
    rehome_row bigint, sqlstate text, constraint_name text, column_name text, context text) on commit drop
