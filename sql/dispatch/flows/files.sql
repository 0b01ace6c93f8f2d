/*---
source      = "dispatch_file"
key         = "id"
entity      = "file"
accept      = 1.0
description = "Every file, attached to an order or not."
---*/

-- Nothing is left behind: a file that no order names is loaded like any other, a deleted one is kept as not active. It
-- was uploaded when its row was made. The uploader may be gone: the file stays, without one.

select
    f.id                                                       as _key,
    migrate()                                                  as _outcome,
    warnings(
        f.uploaded_by is not null and u._key is null, 'uploader_unknown',
        f.mime_type = '',                             'mime_type_missing'
    )                                                          as _warnings,
    f.id                                                       as legacy_id,
    f.filename                                                 as filename,
    f.size                                                     as size_bytes,
    nullif(f.mime_type, '')                                    as mime_type,
    f.storage_key                                              as storage_key,
    f.sha256                                                   as sha256,
    legacy_uuid('profile', u._key)                             as uploaded_by,
    f.created_at                                               as uploaded_at,
    not f.is_deleted                                           as is_active,
    row_json(f._row)                                           as metadata,
    f.created_at                                               as created_at
from source.dispatch_file f
left join migrated.profiles u on u._key = f.uploaded_by
