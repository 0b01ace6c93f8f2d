/*---
title = "Feedback by year"
chart = "line"
about = "Stars from 1 to 5; ratings that are none of these are left out of the mean. Years are UTC."
---*/

select
    cast(date_part('year', f.created_at) as int)                          as year,
    count(*)                                                              as opinions,
    cast(round(avg(f.rating), 2) as double precision)                               as mean_rating,
    count(*) filter (where f.rating <= 2)                                 as one_or_two_stars,
    count(*) - count(f.rating)                                            as without_rating
from migrated.feedback f
group by 1
order by 1
