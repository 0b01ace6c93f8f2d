/*---
source      = "dispatch_file"
key         = "id"
entity      = "image"
accept      = 1.0
description = "The files that are images, by their type."
---*/

-- A type is told without its parameters (what follows a semicolon), in lower case. image/* is an image, and so is
-- DICOM, the radiographs' format, although it is registered under application. Anything else is out of scope, a
-- scanned model too. Where the file belongs to a case, so does the image. The source knows neither width nor height.

with typed as (
    select f.id, lower(trim(split_part(f.mime_type, ';', 1))) as type
    from source.dispatch_file f
)

select
    f.id                                                       as _key,
    case
        when t.type like 'image/_%' or t.type = 'application/dicom' then migrate()
        else                                                             skip('not_an_image')
    end                                                        as _outcome,
    f.id                                                       as legacy_id,
    legacy_uuid('file', m._key)                                as file_id,
    case when c._key is not null then c.case_id end            as case_id,
    f.filename                                                 as title,
    split_part(t.type, '/', 2)                                 as format,
    not f.is_deleted                                           as is_active,
    row_json(f._row)                                           as metadata,
    f.created_at                                               as created_at
from source.dispatch_file f
left join typed               t on t.id   = f.id
left join migrated.files      m on m._key = f.id
left join migrated.case_files c on c._key = f.id
