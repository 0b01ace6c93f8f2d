/*---
source      = "dispatch_file"
key         = "id"
entity      = "document"
accept      = 1.0
description = "The files that are documents, by their type."
---*/

-- A type is told without its parameters (what follows a semicolon), in lower case. Documents are PDF, every text/*,
-- and what word processors, spreadsheets and presentations write, in the types of Microsoft and of OpenDocument.
-- Anything else is out of scope. Where the file belongs to a case, so does the document.

with typed as (
    select f.id, lower(trim(split_part(f.mime_type, ';', 1))) as type
    from source.dispatch_file f
),

formatted as (
    select
        t.id,
        case
            when t.type = 'application/pdf' then 'pdf'
            when t.type like 'text/%'       then 'text'
            when t.type in (
                'application/msword',
                'application/rtf',
                'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
                'application/vnd.oasis.opendocument.text'
            )                               then 'word_processing'
            when t.type in (
                'application/vnd.ms-excel',
                'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
                'application/vnd.oasis.opendocument.spreadsheet'
            )                               then 'spreadsheet'
            when t.type in (
                'application/vnd.ms-powerpoint',
                'application/vnd.openxmlformats-officedocument.presentationml.presentation',
                'application/vnd.oasis.opendocument.presentation'
            )                               then 'presentation'
        end                                                    as format
    from typed t
)

select
    f.id                                                       as _key,
    case
        when t.format is not null then migrate()
        else                           skip('not_a_document')
    end                                                        as _outcome,
    f.id                                                       as legacy_id,
    legacy_uuid('file', m._key)                                as file_id,
    case when c._key is not null then c.case_id end            as case_id,
    f.filename                                                 as title,
    t.format                                                   as format,
    not f.is_deleted                                           as is_active,
    row_json(f._row)                                           as metadata,
    f.created_at                                               as created_at
from source.dispatch_file f
left join formatted           t on t.id   = f.id
left join migrated.files      m on m._key = f.id
left join migrated.case_files c on c._key = f.id
