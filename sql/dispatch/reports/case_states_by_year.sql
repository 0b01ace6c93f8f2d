/*---
title = "Case states by year"
chart = "bar"
about = "Years are UTC."
---*/

select
    cast(date_part('year', s.created_at) as int)                          as year,
    count(*)                                                              as states,
    count(*) filter (where s.state = 'treatment_active')                  as treatment_active,
    count(*) filter (where s.state = 'case_closed')                       as case_closed
from migrated.case_states s
group by 1
order by 1
