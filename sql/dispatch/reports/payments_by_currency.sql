/*---
title = "Payments by currency"
about = "Sums are exact and in the currency itself. Source = migrated + rejected, to the cent."
---*/

with money as (
    select
        p.currency,
        p.amount                     as source,
        cast(null as decimal(12, 2)) as migrated,
        cast(null as decimal(12, 2)) as rejected
    from source.dispatch_payment p
    union all
    select p.currency, null, p.amount, null from migrated.payments p
    union all
    select p.currency, null, null, p.amount from rejected.payments p
)

select
    m.currency                                                            as currency,
    count(m.source)                                                       as payments,
    sum(m.source)                                                         as source_sum,
    coalesce(sum(m.migrated), 0.00)                                       as migrated_sum,
    coalesce(sum(m.rejected), 0.00)                                       as rejected_sum,
    count(m.rejected)                                                     as rejected
from money m
group by m.currency
order by payments desc, currency
