/*---
title = "Operations add up to the cent: what is in the source is migrated, rejected or skipped"
flow  = "operations"
---*/

with money as (
    select 'dispatch_operation' as _key, amount as source, cast(0 as decimal(12, 2)) as accounted
    from source.dispatch_operation
    union all
    select 'dispatch_operation', cast(0 as decimal(12, 2)), amount from migrated.operations
    union all
    select 'dispatch_operation', cast(0 as decimal(12, 2)), amount from rejected.operations
    union all
    select 'dispatch_operation', cast(0 as decimal(12, 2)), amount from skipped.operations
)

select m._key, sum(m.source) as source, sum(m.accounted) as accounted
from money m
group by m._key
having sum(m.source) <> sum(m.accounted)
order by m._key
