/*---
source      = "dispatch_invoice"
key         = "id"
entity      = "invoice"
accept      = 0.99
description = "The invoices of each order, to the cent."

[remedies]
missing_instruction = "Restore the instruction in the source, or point the rows to another one."
order_not_migrated  = "Recover the order, and they follow."
---*/

-- An invoice belongs to its order, and cannot do without one that is there. A status that is none of the five is kept
-- as unknown, with a warning.

select
    b.id                                                       as _key,
    case
        when i.id is null   then reject('missing_instruction', 'orders', b.instruction_id)
        when o._key is null then reject('order_not_migrated', 'orders', b.instruction_id)
        else                     migrate()
    end                                                        as _outcome,
    warnings(
        coalesce(b.status, '') not in ('draft', 'sent', 'paid', 'overdue', 'void'), 'status_unknown'
    )                                                          as _warnings,
    b.id                                                       as legacy_id,
    legacy_uuid('order', i.id)                                 as order_id,
    b.number                                                   as invoice_number,
    b.total                                                    as total,
    case
        when b.status in ('draft', 'sent', 'paid', 'overdue', 'void') then b.status
        else                                                               'unknown'
    end                                                        as status,
    b.issued_at                                                as issued_at,
    row_json(b._row)                                           as metadata,
    b.created_at                                               as created_at
from source.dispatch_invoice b
left join source.dispatch_instruction i on i.id   = b.instruction_id
left join migrated.orders             o on o._key = i.id
