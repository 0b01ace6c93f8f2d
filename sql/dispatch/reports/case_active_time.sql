/*---
title = "Time in treatment_active per case"
chart = "bar"
about = "From each treatment_active to the next state of the case, added up; one that is the last is open, not counted."
---*/

with spans as (
    select
        s.case_id,
        s.state,
        s.created_at as from_at,
        lead(s.created_at) over (partition by s.case_id order by s.sequence_no) as to_at
    from migrated.case_states s
),

per_case as (
    select
        case_id,
        count(*) filter (where to_at is null)                                        as open,
        sum(date_part('epoch', to_at) - date_part('epoch', from_at)) / 86400         as days
    from spans
    where state = 'treatment_active'
    group by case_id
),

banded as (
    select
        p.*,
        case
            when p.days is null then 0
            when p.days < 30    then 1
            when p.days < 90    then 2
            when p.days < 180   then 3
            when p.days < 365   then 4
            when p.days < 730   then 5
            else                     6
        end as band
    from per_case p
)

select
    case b.band
        when 0 then 'not left yet'
        when 1 then 'under 30 days'
        when 2 then '30 to 89 days'
        when 3 then '90 to 179 days'
        when 4 then '180 to 364 days'
        when 5 then '1 to 2 years'
        else        '2 years and more'
    end                                                                   as time_active,
    count(*)                                                              as cases,
    count(*) filter (where b.open > 0)                                    as still_active,
    cast(round(cast(avg(b.days) as numeric), 1) as double precision)                                                 as mean_days,
    cast(round(cast(median(b.days) as numeric), 1) as double precision)                                              as median_days
from banded b
group by b.band
order by b.band
