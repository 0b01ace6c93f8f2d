/*---
title = "Where the doctor of an order comes from"
chart = "bar"
about = "Rejected orders found none at all; only a stock order may do without."
---*/

with loaded as (
    select
        case
            when o.doctor_id is null                          then 'none'
            when array_has(o._warnings, 'doctor_repaired')    then 'patient'
            when array_has(o._warnings, 'doctor_from_office') then 'office'
            else                                                   'instruction'
        end as doctor_source
    from migrated.orders o
),

outcomes as (
    select l.doctor_source, true as is_loaded from loaded l
    union all
    select 'none', false from rejected.orders r where r._reason = 'missing_doctor'
)

select
    x.doctor_source                                                       as doctor_source,
    count(*) filter (where x.is_loaded)                                   as loaded,
    count(*) filter (where not x.is_loaded)                               as rejected
from outcomes x
group by x.doctor_source
order by loaded desc, rejected desc, x.doctor_source
