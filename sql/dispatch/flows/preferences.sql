/*---
source      = "dispatch_preference"
key         = "id"
entity      = "preference"
accept      = 0.99
description = "What each user prefers."

[remedies]
user_not_migrated = "Restore the user in the source, or give the rows to another one."
---*/

-- A preference is nothing without its user. The value is text, kept to the letter: some of it looks like JSON.

select
    p.id                                                       as _key,
    case
        when u._key is null then reject('user_not_migrated', 'profiles', p.user_id)
        else                     migrate()
    end                                                        as _outcome,
    p.id                                                       as legacy_id,
    legacy_uuid('profile', p.user_id)                          as profile_id,
    p.key                                                      as key,
    p.value                                                    as value,
    row_json(p._row)                                           as metadata,
    p.created_at                                               as created_at
from source.dispatch_preference p
left join migrated.profiles u on u._key = p.user_id
