/*---
source      = "dispatch_impression"
key         = "id"
entity      = "impression"
accept      = 0.99
description = "Each impression of an order, with its shrinkage and weight as they were."

[remedies]
missing_instruction = "Restore the instruction in the source, or point the rows to another one."
order_not_migrated  = "Recover the order, and they follow."
---*/

-- An impression belongs to an order that is there.

select
    m.id                                                       as _key,
    case
        when i.id is null   then reject('missing_instruction', 'orders', m.instruction_id)
        when o._key is null then reject('order_not_migrated', 'orders', i.id)
        else                     migrate()
    end                                                        as _outcome,
    m.id                                                       as legacy_id,
    legacy_uuid('order', i.id)                                 as order_id,
    m.kind                                                     as kind,
    m.shrinkage                                                as shrinkage_percent,
    m.weight                                                   as weight_g,
    m.taken_at                                                 as taken_at,
    row_json(m._row)                                           as metadata,
    m.created_at                                               as created_at
from source.dispatch_impression m
left join source.dispatch_instruction i on i.id   = m.instruction_id
left join migrated.orders             o on o._key = i.id
