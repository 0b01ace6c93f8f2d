/*---
title = "Measurements by kind"
chart = "none"
about = "In millimetres. A row without a value is counted, and takes no part in the mean."
---*/

select
    m.kind                                                                as kind,
    count(*)                                                              as measurements,
    count(m.jaw_id)                                                       as of_jaws,
    count(*) - count(m.value_mm)                                          as without_value,
    min(m.value_mm)                                                       as smallest_mm,
    cast(round(avg(m.value_mm), 3) as double precision)                             as mean_mm,
    max(m.value_mm)                                                       as largest_mm
from migrated.measurements m
group by m.kind
order by measurements desc, kind
