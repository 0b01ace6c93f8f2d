/*---
title = "Purchases add up to the cent: what is in the source is migrated, rejected or skipped"
flow  = "purchases"
---*/

with money as (
    select 'dispatch_purchase' as _key, amount as source, cast(0 as decimal(12, 2)) as accounted
    from source.dispatch_purchase
    union all
    select 'dispatch_purchase', cast(0 as decimal(12, 2)), amount from migrated.purchases
    union all
    select 'dispatch_purchase', cast(0 as decimal(12, 2)), amount from rejected.purchases
    union all
    select 'dispatch_purchase', cast(0 as decimal(12, 2)), amount from skipped.purchases
)

select m._key, sum(m.source) as source, sum(m.accounted) as accounted
from money m
group by m._key
having sum(m.source) <> sum(m.accounted)
order by m._key
