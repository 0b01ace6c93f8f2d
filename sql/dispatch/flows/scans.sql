/*---
source      = "dispatch_scan"
key         = "id"
entity      = "scan"
accept      = 0.99
description = "Each scan of an order, with its resolution and dose as they were."

[remedies]
missing_instruction = "Restore the instruction in the source, or point the rows to another one."
order_not_migrated  = "Recover the order, and they follow."
---*/

-- A scan belongs to an order that is there.

select
    s.id                                                       as _key,
    case
        when i.id is null   then reject('missing_instruction', 'orders', s.instruction_id)
        when o._key is null then reject('order_not_migrated', 'orders', i.id)
        else                     migrate()
    end                                                        as _outcome,
    s.id                                                       as legacy_id,
    legacy_uuid('order', i.id)                                 as order_id,
    s.kind                                                     as kind,
    s.resolution                                               as resolution_mm,
    s.dose                                                     as dose_usv,
    s.taken_at                                                 as taken_at,
    row_json(s._row)                                           as metadata,
    s.created_at                                               as created_at
from source.dispatch_scan s
left join source.dispatch_instruction i on i.id   = s.instruction_id
left join migrated.orders             o on o._key = i.id
