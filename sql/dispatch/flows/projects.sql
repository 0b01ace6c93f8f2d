/*---
source      = "dispatch_project"
key         = "id"
entity      = "project"
accept      = 1.0
description = "Every project, with its owner where there is one."
---*/

-- A project is not lost with its owner: an owner who is gone becomes NULL, with a warning. A status that is none of the
-- five is kept as unknown, with a warning.

select
    p.id                                                       as _key,
    migrate()                                                  as _outcome,
    warnings(
        p.owner_id is not null and u._key is null, 'owner_unknown',
        coalesce(p.status, '') not in ('planned', 'active', 'on_hold', 'completed', 'cancelled'), 'status_unknown'
    )                                                          as _warnings,
    p.id                                                       as legacy_id,
    p.name                                                     as name,
    case when u._key is not null then legacy_uuid('profile', p.owner_id) end as owner_id,
    case
        when p.status in ('planned', 'active', 'on_hold', 'completed', 'cancelled') then p.status
        else                                                                             'unknown'
    end                                                        as status,
    row_json(p._row)                                           as metadata,
    p.created_at                                               as created_at
from source.dispatch_project p
left join migrated.profiles u on u._key = p.owner_id
