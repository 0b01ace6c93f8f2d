/*---
title = "A code is there once among the discounts"
flow  = "discounts"
---*/

with counted as (
    select o._key, o.code, count(*) over (partition by o.code) as times
    from migrated.discounts o
)

select c._key, c.times
from counted c
where c.times > 1
order by c._key
