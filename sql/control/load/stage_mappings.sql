-- A place for mapping rows that may be known already: of the table's types, but without its rules, which only the rows
-- that go on into it must keep. Columns of others (defaults, NOT NULL, generated) are none of ours.
drop table if exists pg_temp.rehome_staged_mappings;
create temporary table rehome_staged_mappings on commit drop as
select {columns} from {table} with no data
