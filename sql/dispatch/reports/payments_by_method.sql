/*---
title = "Payments by method"
chart = "bar"
about = "From the free text of the method in its many spellings, or else from the reference. The sum mixes currencies."
---*/

select
    p.method                                                              as method,
    count(*)                                                              as payments,
    count(*) filter (where array_has(p._warnings, 'method_from_reference')) as from_reference,
    count(distinct s.method)                                              as spellings,
    sum(p.amount)                                                         as amount
from migrated.payments p
left join source.dispatch_payment s on s.id = p._key
group by p.method
order by payments desc, method
