/*---
source      = "dispatch_operation"
key         = "id"
entity      = "operation"
accept      = 0.99
description = "Bookings: charges, money back, fees, adjustments, to the cent."

[remedies]
purchase_not_migrated = "Restore the purchase."
---*/

-- A booking may be of no purchase (fees, adjustments). Where it names one, that must be there: a booking that hangs in
-- the air would belong to nothing. A kind that is none of the four is kept as unknown, with a warning.

select
    o.id                                                       as _key,
    case
        when o.purchase_id is not null and p._key is null
            then reject('purchase_not_migrated', 'purchases', o.purchase_id)
        else migrate()
    end                                                        as _outcome,
    warnings(
        coalesce(o.kind, '') not in ('charge', 'refund', 'adjustment', 'fee'), 'kind_unknown'
    )                                                          as _warnings,
    o.id                                                       as legacy_id,
    legacy_uuid('purchase', o.purchase_id)                     as purchase_id,
    case
        when o.kind in ('charge', 'refund', 'adjustment', 'fee') then o.kind
        else                                                          'unknown'
    end                                                        as kind,
    o.amount                                                   as amount,
    row_json(o._row)                                           as metadata,
    o.created_at                                               as created_at
from source.dispatch_operation o
left join migrated.purchases p on p._key = o.purchase_id
