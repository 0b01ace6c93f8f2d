/*---
source      = "dispatch_offer"
key         = "id"
entity      = "offer"
accept      = 0.45
description = "Offers that can still be made: one a code."

[remedies]
product_not_migrated = "Restore the product, or let the offer go with it."
invalid_period       = "Correct the dates: it ends before it starts."
invalid_percent      = "Correct the percent: it lies outside 0 to 100."
superseded           = "Nothing: the newest valid row of the code is loaded."
---*/

-- The business ruled that half of the offers stay behind (products long gone, periods and percentages that never
-- could be, codes used again), so less than half of them is accepted here.
-- What is valid, and which of a code wins: shared/price_cuts.sql.

select
    o.id                                                       as _key,
    case c.verdict
        when 'product_not_migrated' then reject('product_not_migrated', 'products', o.product_id)
        when 'invalid_period'       then reject('invalid_period')
        when 'invalid_percent'      then reject('invalid_percent')
        when 'valid'                then migrate()
        else                             reject('superseded')
    end                                                        as _outcome,
    o.id                                                       as legacy_id,
    o.code                                                     as code,
    legacy_uuid('product', o.product_id)                       as product_id,
    o.percent                                                  as percent,
    o.starts_at                                                as starts_at,
    o.ends_at                                                  as ends_at,
    row_json(o._row)                                           as metadata,
    o.created_at                                               as created_at
from source.dispatch_offer o
left join shared.price_cuts c on c.id = o.id and c.kind = 'offer'
