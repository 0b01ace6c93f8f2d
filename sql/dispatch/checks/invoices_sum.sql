/*---
title = "Invoices add up to the cent: what is in the source is migrated, rejected or skipped"
flow  = "invoices"
---*/

with money as (
    select 'dispatch_invoice' as _key, total as source, cast(0 as decimal(12, 2)) as accounted
    from source.dispatch_invoice
    union all
    select 'dispatch_invoice', cast(0 as decimal(12, 2)), total from migrated.invoices
    union all
    select 'dispatch_invoice', cast(0 as decimal(12, 2)), total from rejected.invoices
    union all
    select 'dispatch_invoice', cast(0 as decimal(12, 2)), total from skipped.invoices
)

select m._key, sum(m.source) as source, sum(m.accounted) as accounted
from money m
group by m._key
having sum(m.source) <> sum(m.accounted)
order by m._key
