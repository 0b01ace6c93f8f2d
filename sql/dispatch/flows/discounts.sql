/*---
source      = "dispatch_discount"
key         = "id"
entity      = "discount"
accept      = 0.7
description = "Discounts that can still be given: one a code."

[remedies]
product_not_migrated = "Restore the product, or let the discount go with it."
invalid_period       = "Correct the dates: it ends before it starts."
invalid_percent      = "Correct the percent: it lies outside 0 to 100."
superseded           = "Nothing: the newest valid row of the code is loaded."
---*/

-- The business ruled as with the offers: one discount of nine stays behind. They are few, so a handful more must not
-- stop a run.
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
from source.dispatch_discount o
left join shared.price_cuts c on c.id = o.id and c.kind = 'discount'
