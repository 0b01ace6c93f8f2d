/*---
title = "Payments by year"
chart = "bar"
about = "By the day of the payment, years are UTC. The sum over all currencies is the one that the business published."
---*/

select
    cast(date_part('year', p.paid_at) as int)                             as year,
    count(*)                                                              as payments,
    sum(p.amount)                                                         as amount,
    coalesce(sum(p.amount) filter (where p.currency = 'USD'), 0.00)       as amount_in_usd
from migrated.payments p
group by 1
order by 1
