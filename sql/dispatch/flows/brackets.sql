/*---
source      = "dispatch_bracket"
key         = "id"
entity      = "bracket"
accept      = 0.99
description = "Each bracket, on the jaw that it was bonded to."

[remedies]
jaw_not_migrated = "Recover the jaw, and they follow."
---*/

-- A bracket belongs to a jaw that is there. Its tooth is numbered as FDI does: the quadrant (1 and 2 are of the upper
-- jaw, 3 and 4 of the lower), then the tooth in it, 1 to 8. A tooth of the other jaw, or none at all, is kept as it is,
-- with a warning.

select
    b.id                                                       as _key,
    case
        when j._key is null then reject('jaw_not_migrated', 'jaws', b.jaw_id)
        else                     migrate()
    end                                                        as _outcome,
    warnings(
        j.jaw_type <> case
            when b.tooth % 10 not between 1 and 8 then 'none'
            when b.tooth / 10 in (1, 2)           then 'upper'
            when b.tooth / 10 in (3, 4)           then 'lower'
            else                                       'none'
        end,
        'tooth_of_other_jaw'
    )                                                          as _warnings,
    b.id                                                       as legacy_id,
    legacy_uuid('jaw', b.jaw_id)                               as jaw_id,
    b.kind                                                     as kind,
    b.tooth                                                    as tooth,
    b.torque                                                   as torque,
    b.angulation                                               as angulation,
    b.slot                                                     as slot,
    b.taken_at                                                 as taken_at,
    row_json(b._row)                                           as metadata,
    b.created_at                                               as created_at
from source.dispatch_bracket b
left join migrated.jaws j on j._key = b.jaw_id
