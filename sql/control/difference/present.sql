-- The rows of the target that staged rows stand for, locked. same: nobody has changed them since, by the values they were
-- loaded with, or by the hash of what a later run, whose triggers had a say, left.
drop table if exists pg_temp.rehome_present;
create temporary table rehome_present as
with locked as materialized (
    select t.tableoid as part, t.ctid as place, s.rehome_row, {same} as same
    from {table} t
    join pg_temp.{staged} s on {equal}
    for no key update of t
)
select s.rehome_row, s.rehome_key, s.rehome_entity_key, l.part, l.place, l.place is not null as there,
       coalesce(l.same, false) as same, false as refused
from pg_temp.{staged} s
left join locked l using (rehome_row);
analyze pg_temp.rehome_present
