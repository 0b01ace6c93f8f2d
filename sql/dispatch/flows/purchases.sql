/*---
source      = "dispatch_purchase"
key         = "id"
entity      = "purchase"
accept      = 0.99
description = "Who bought which product, to the cent."

[remedies]
product_not_migrated = "Restore the product."
---*/

-- A purchase is of a product that is there. The buyer may be gone: the purchase stays, without one, with a warning.
-- The amount is kept as it is: it need not be quantity times price, which changed since.

select
    b.id                                                       as _key,
    case
        when p._key is null then reject('product_not_migrated', 'products', b.product_id)
        else                     migrate()
    end                                                        as _outcome,
    warnings(b.buyer_id is not null and u._key is null, 'buyer_unknown') as _warnings,
    b.id                                                       as legacy_id,
    legacy_uuid('product', b.product_id)                       as product_id,
    case when u._key is not null then legacy_uuid('profile', b.buyer_id) end as buyer_id,
    b.quantity                                                 as quantity,
    b.amount                                                   as amount,
    row_json(b._row)                                           as metadata,
    b.created_at                                               as created_at
from source.dispatch_purchase b
left join migrated.products p on p._key = b.product_id
left join migrated.profiles u on u._key = b.buyer_id
