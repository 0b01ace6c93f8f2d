/*---
title = "Tasks by year and status"
chart = "bar"
about = "Years are UTC, of the day the task was made. Overdue: completed after it was due."
---*/

select
    cast(date_part('year', t.created_at) as int)                          as year,
    count(*)                                                              as tasks,
    count(*) filter (where t.status = 'completed')                        as completed,
    count(*) filter (where t.status = 'cancelled')                        as cancelled,
    count(*) filter (where t.status not in ('completed', 'cancelled'))    as open,
    count(*) filter (where t.completed_at > t.due_at)                     as overdue
from migrated.tasks t
group by 1
order by 1
