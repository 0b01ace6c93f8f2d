-- Rows whose entry in an index would be too large, found by an empty copy of the table with that index. A row far below
-- the limit as text is below it as an entry.
drop table if exists pg_temp.rehome_probe;
drop table if exists pg_temp.rehome_wide;
create temporary table rehome_probe (like {table});
create index on pg_temp.rehome_probe {method};
create temporary table rehome_wide (part oid, place tid);
do $rehome$
declare
    probed record;
begin
    for probed in
        select t.tableoid as part, t.ctid as place, t as whole from {table} t where octet_length(t::text) > 500
    loop
        begin
            insert into pg_temp.rehome_probe select (probed.whole).*;
        exception when program_limit_exceeded then
            insert into pg_temp.rehome_wide values (probed.part, probed.place);
        end;
    end loop;
end
$rehome$
