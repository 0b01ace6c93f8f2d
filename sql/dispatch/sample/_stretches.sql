-- The phases of what people write to each other, each with the time it was written in: A from 2018 on.
select 'A' as phase, 1514764800000000 as at_from, a_end as at_to from sample._epoch
union all
select 'B', a_end, b_end from sample._epoch
union all
select 'C', b_end, c_end from sample._epoch
