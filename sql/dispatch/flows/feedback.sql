/*---
source      = "dispatch_feedback"
key         = "id"
entity      = "feedback"
accept      = 1.0
description = "What users think of the service, with one to five stars."
---*/

-- An opinion is never lost: without its user it stays, with a warning, and a rating that is not 1 to 5 becomes NULL,
-- with a warning (the metadata keep it).

select
    f.id                                                       as _key,
    migrate()                                                  as _outcome,
    warnings(
        u._key is null,                'sender_unknown',
        f.rating not between 1 and 5,  'rating_invalid'
    )                                                          as _warnings,
    f.id                                                       as legacy_id,
    case when u._key is not null then legacy_uuid('profile', f.user_id) end as profile_id,
    case when f.rating between 1 and 5 then f.rating end       as rating,
    f.comment                                                  as comment,
    row_json(f._row)                                           as metadata,
    f.created_at                                               as created_at
from source.dispatch_feedback f
left join migrated.profiles u on u._key = f.user_id
