/*---
title = "Completion of the cases, by the year they were opened"
chart = "line"
about = "Opened by the first treatment_active, completed by the first case_closed after it; days are the mean between."
---*/

with opened as (
    select s.case_id, min(s.created_at) as opened_at, min(s.sequence_no) as sequence_no
    from migrated.case_states s
    where s.state = 'treatment_active'
    group by s.case_id
),

completed as (
    select o.case_id, o.opened_at, min(s.created_at) as closed_at
    from opened o
    left join migrated.case_states s
        on s.case_id = o.case_id and s.state = 'case_closed' and s.sequence_no > o.sequence_no
    group by o.case_id, o.opened_at
)

select
    cast(date_part('year', c.opened_at) as int)                           as year,
    count(*)                                                              as opened,
    count(c.closed_at)                                                    as completed,
    cast(round(100.0 * count(c.closed_at) / count(*), 2) as double precision)       as completed_percent,
    cast(round(cast(avg(date_part('epoch', c.closed_at) - date_part('epoch', c.opened_at)) / 86400 as numeric), 1) as double precision) as mean_days_to_close
from completed c
group by 1
order by 1
