-- What a rollback would do, in rows: by flow and sort of move; of a first load, the rows that its chunks brought.
select f.flow, coalesce(i.move, 'loaded') as what,
       case when i.move is not null then i.rows
            else (select coalesce(sum(c.rows), 0)::bigint from rehome.chunks c
                   where c.run_id = f.run_id and c.flow = f.flow and (c.chunk like 'migrated:%' or c.chunk like 'piece:%'))
       end as rows
from rehome.flows f
left join lateral (
    select move, count(*) as rows from rehome.before_images i where i.run_id = f.run_id and i.flow = f.flow group by move
) i on true
where f.run_id = $1 and (f.mode = 'full' or i.move is not null)
order by 1, 2
