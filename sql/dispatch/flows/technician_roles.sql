/*---
source      = "dispatch_role"
key         = "id"
entity      = "technician_role"
accept      = 1.0
description = "What a technician may be: every role, as it is."
---*/

select
    r.id                                                       as _key,
    migrate()                                                  as _outcome,
    r.id                                                       as legacy_id,
    r.code                                                     as code,
    r.name                                                     as name,
    row_json(r._row)                                           as metadata,
    r.created_at                                               as created_at
from source.dispatch_role r
