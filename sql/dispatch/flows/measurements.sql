/*---
source      = "dispatch_measurement"
key         = "id"
entity      = "measurement"
accept      = 0.99
description = "Each measurement of a jaw, or of a whole order."

[remedies]
jaw_not_migrated    = "Recover the jaw, and they follow."
missing_instruction = "Restore the instruction in the source, or point the rows to another one."
missing_parent      = "Find out what was measured: it names neither a jaw nor an instruction."
order_not_migrated  = "Recover the order, and they follow."
---*/

-- A measurement that names a jaw is of that jaw and of the jaw's order, whatever instruction it names besides; one that
-- contradicts is warned of. Without a jaw it is of the instruction's order. Either must be there; what names neither
-- has no parent at all.

select
    m.id                                                       as _key,
    case
        when m.jaw_id is not null and j._key is null then reject('jaw_not_migrated', 'jaws', m.jaw_id)
        when j._key is not null                      then migrate()
        when m.instruction_id is null                then reject('missing_parent')
        when i.id is null                            then reject('missing_instruction', 'orders', m.instruction_id)
        when o._key is null                          then reject('order_not_migrated', 'orders', i.id)
        else                                              migrate()
    end                                                        as _outcome,
    warnings(m.instruction_id <> s.instruction_id, 'instruction_differs') as _warnings,
    m.id                                                       as legacy_id,
    legacy_uuid('order', coalesce(s.instruction_id, m.instruction_id)) as order_id,
    legacy_uuid('jaw', m.jaw_id)                               as jaw_id,
    m.kind                                                     as kind,
    m.value                                                    as value_mm,
    m.deviation                                                as deviation,
    m.notes                                                    as notes,
    m.taken_at                                                 as taken_at,
    json_merge(
        row_json(m._row),
        json_object('measured_on', case when m.jaw_id is not null then 'jaw' else 'order' end)
    )                                                          as metadata,
    m.created_at                                               as created_at
from source.dispatch_measurement m
left join migrated.jaws               j on j._key = m.jaw_id
left join source.dispatch_jaw         s on s.id   = m.jaw_id
left join source.dispatch_instruction i on i.id   = m.instruction_id
left join migrated.orders             o on o._key = i.id
