/*---
source      = "dispatch_template"
key         = "id"
entity      = "template"
accept      = 1.0
description = "Every template, as it is."
---*/

-- The body is a Django template, kept to the letter.

select
    t.id                                                       as _key,
    migrate()                                                  as _outcome,
    t.id                                                       as legacy_id,
    t.name                                                     as name,
    t.kind                                                     as kind,
    t.body                                                     as body,
    t.is_active                                                as is_active,
    row_json(t._row)                                           as metadata,
    t.created_at                                               as created_at
from source.dispatch_template t
