/*---
title = "Why offers and discounts were refused"
chart = "bar"
about = "The first reason that applies. A superseded one is valid in itself, but its code has a newer valid one."
---*/

with refused as (
    select o._reason as reason, 1 as offers, 0 as discounts from rejected.offers o
    union all
    select d._reason, 0, 1 from rejected.discounts d
)

select
    r.reason                                                              as reason,
    sum(r.offers)                                                         as offers,
    sum(r.discounts)                                                      as discounts
from refused r
group by r.reason
order by offers desc, reason
