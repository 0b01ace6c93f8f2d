/*---
source      = "dispatch_comment"
key         = "id"
entity      = "comment_note"
target      = "doctor_notes"
description = "Comments that cannot be placed are archived as notes."
---*/

-- What case_messages_comments could not place, as the pipeline reroutes it. The note keeps its text and author.

select
    m.id                                                       as _key,
    case when placed._key is null then migrate() else elsewhere('case_messages_comments') end as _outcome,
    m.id                                                       as legacy_comment_id,
    legacy_uuid('profile', u._key)                             as author_id,
    m.text                                                     as content,
    json_merge(row_json(m._row), json_object('archived', true)) as metadata,
    m.created_at                                               as created_at
from source.dispatch_comment m
left join migrated.case_messages_comments placed on placed._key = m.id
left join migrated.profiles               u      on u._key      = m.author_id
