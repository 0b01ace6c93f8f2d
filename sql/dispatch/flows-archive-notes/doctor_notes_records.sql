/*---
source      = "dispatch_record"
key         = "id"
entity      = "record_note"
target      = "doctor_notes"
description = "Records on plans that cannot be placed are archived as notes."
---*/

-- What case_messages_records could not place, as the pipeline reroutes it. The note keeps its text and author. Records
-- on anything but plans have their own flows.

select
    r.id                                                       as _key,
    case
        when t.id is null or t.family <> 'plan' then skip('not_on_plan')
        when placed._key is null                then migrate()
        else                                         elsewhere('case_messages_records')
    end                                                        as _outcome,
    r.id                                                       as legacy_record_id,
    legacy_uuid('profile', u._key)                             as author_id,
    r.text                                                     as content,
    json_merge(row_json(r._row), json_object('archived', true)) as metadata,
    r.created_at                                               as created_at
from source.dispatch_record r
left join shared.content_types           t      on t.id        = r.content_type_id
left join migrated.case_messages_records placed on placed._key = r.id
left join migrated.profiles              u      on u._key      = r.author_id
