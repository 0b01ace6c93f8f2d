-- Rows whose source rows are gone and of which the flow wants more than to keep them: locked, and looked at again.
-- Through a table that is analyzed: the planner takes what it does not know of the ledger for one row, and would go through all rows once for each.
drop table if exists pg_temp.rehome_waiting;
create temporary table rehome_waiting as
select k.run_id, k.row_id, k.legacy_key, k.entity_key, k.identity, k.image
from rehome.kept k
join rehome.runs r on r.run_id = k.run_id
where k.flow = {flow} and k.waiting and k.ended_by is null and (r.namespace = {namespace} or r.namespace is null);
analyze pg_temp.rehome_waiting;
drop table if exists pg_temp.rehome_going;
create temporary table rehome_going as
with locked as materialized (
    select w.run_id, w.row_id, t.tableoid as part, t.ctid as place, w.image = {hash} as same
    from pg_temp.rehome_waiting w
    join {table} t on {equal}
    for update of t
)
select w.row_id, w.legacy_key, w.entity_key, w.identity, l.part, l.place, l.place is not null as there,
       coalesce(l.same, false) as same
from pg_temp.rehome_waiting w
left join locked l on l.run_id = w.run_id and l.row_id = w.row_id;
analyze pg_temp.rehome_going
