/*---
source      = "dispatch_product"
key         = "id"
entity      = "product"
accept      = 1.0
description = "Every product."
---*/

-- Every product moves as it is; one that is no longer sold is kept as not active.

select
    p.id                                                       as _key,
    migrate()                                                  as _outcome,
    p.id                                                       as legacy_id,
    p.sku                                                      as sku,
    p.name                                                     as name,
    p.price                                                    as price,
    p.is_active                                                as is_active,
    row_json(p._row)                                           as metadata,
    p.created_at                                               as created_at
from source.dispatch_product p
