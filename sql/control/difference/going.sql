-- Rows whose source rows are gone and of which the flow wants more than to keep them: locked, and looked at again.
drop table if exists pg_temp.rehome_going;
create temporary table rehome_going as
with locked as materialized (
    select k.run_id, k.row_id, t.tableoid as part, t.ctid as place, k.image = {hash} as same
    from rehome.kept k
    join {table} t on {equal}
    where k.flow = {flow} and k.waiting and k.ended_by is null
    for update of t
)
select k.row_id, k.legacy_key, k.entity_key, k.identity, l.part, l.place, l.place is not null as there,
       coalesce(l.same, false) as same
from rehome.kept k
join rehome.runs r on r.run_id = k.run_id
left join locked l on l.run_id = k.run_id and l.row_id = k.row_id
where k.flow = {flow} and k.waiting and k.ended_by is null and (r.namespace = {namespace} or r.namespace is null);
analyze pg_temp.rehome_going
