/*---
source = "item_{number}"
target = "thing_{number}"
---*/
select
    i.id as _key,
    case when i.amount < 2 then reject('too_little')
         else                    migrate() end as _outcome,
    i.label,
    i.amount,
    i.noted_at,
    i.details
from source.item_{number} i
