/*---
title = "Payments in each currency add up to the cent: what is in the source is migrated, rejected or skipped"
flow  = "payments"
---*/

with money as (
    select currency as _key, amount as source, cast(0 as decimal(12, 2)) as accounted from source.dispatch_payment
    union all
    select currency, cast(0 as decimal(12, 2)), amount from migrated.payments
    union all
    select currency, cast(0 as decimal(12, 2)), amount from rejected.payments
    union all
    select currency, cast(0 as decimal(12, 2)), amount from skipped.payments
)

select m._key, sum(m.source) as source, sum(m.accounted) as accounted
from money m
group by m._key
having sum(m.source) <> sum(m.accounted)
order by m._key
