/*---
title = "A patient has one case at most"
flow  = "cases"
---*/

with counted as (
    select c._key, count(*) over (partition by c.patient_id) as cases
    from migrated.cases c
)

select c._key, c.cases
from counted c
where c.cases > 1
order by c._key
