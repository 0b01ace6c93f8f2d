-- What a rollback would do, in rows: by flow and sort of move; of a first load, the rows that its chunks brought, of which some may be noted
-- as inserted besides.
select f.flow, 'loaded' as what,
       (select coalesce(sum(c.rows), 0)::bigint from rehome.chunks c
         where c.run_id = f.run_id and c.flow = f.flow and (c.chunk like 'migrated:%' or c.chunk like 'piece:%'))
       - (select count(*) from rehome.existing e where e.run_id = f.run_id and e.flow = f.flow and e.fate in ('updated', 'adopted')) as rows
from rehome.flows f
where f.run_id = $1 and f.mode = 'full'
union all
select i.flow, i.move, count(*)
from rehome.before_images i
join rehome.flows f on f.run_id = i.run_id and f.flow = i.flow
where i.run_id = $1 and not (f.mode = 'full' and i.move = 'inserted')
group by i.flow, i.move
order by 1, 2
