-- Subscriptions of this database that are at work: others write here too.
select s.subname::text as name, format('alter subscription %I disable', s.subname) as statement
from pg_catalog.pg_stat_subscription s
join pg_catalog.pg_subscription o on o.oid = s.subid
where o.subdbid = (select oid from pg_catalog.pg_database where datname = current_database())
group by s.subname
order by s.subname
