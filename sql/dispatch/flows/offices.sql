/*---
source      = "dispatch_office"
key         = "id"
entity      = "office"
accept      = 1.0
description = "Every office. Those that an earlier migration brought keep the UUID they have."
---*/

-- Every office moves as it is; a closed one is kept as not active. Nothing here decides which offices were there
-- before: the mappings of the target do.

select
    o.id                                                       as _key,
    migrate()                                                  as _outcome,
    o.id                                                       as legacy_id,
    o.name                                                     as name,
    o.country                                                  as country,
    nullif(o.city, '')                                         as city,
    nullif(o.phone, '')                                        as phone,
    nullif(o.email, '')                                        as email,
    not o.is_deleted                                           as is_active,
    row_json(o._row)                                           as metadata,
    o.created_at                                               as created_at
from source.dispatch_office o
