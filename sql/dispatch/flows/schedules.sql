/*---
source      = "dispatch_schedule"
key         = "id"
entity      = "schedule"
accept      = 0.99
description = "The calendar of each user."

[remedies]
user_not_migrated = "Restore the user in the source, or give the rows to another one."
---*/

-- An entry is nothing without the user whose calendar it is in. A patient who is gone becomes NULL, with a warning. An
-- entry that ends before it starts did take place: it keeps both times, with a warning.

select
    s.id                                                       as _key,
    case
        when u._key is null then reject('user_not_migrated', 'profiles', s.user_id)
        else                     migrate()
    end                                                        as _outcome,
    warnings(
        s.patient_id is not null and p._key is null, 'patient_unknown',
        s.ends_at < s.starts_at,                     'ends_before_it_starts'
    )                                                          as _warnings,
    s.id                                                       as legacy_id,
    legacy_uuid('profile', s.user_id)                          as profile_id,
    case when p._key is not null then legacy_uuid('patient', s.patient_id) end as patient_id,
    s.kind                                                     as kind,
    s.starts_at                                                as starts_at,
    s.ends_at                                                  as ends_at,
    row_json(s._row)                                           as metadata,
    s.created_at                                               as created_at
from source.dispatch_schedule s
left join migrated.profiles u on u._key = s.user_id
left join migrated.patients p on p._key = s.patient_id
