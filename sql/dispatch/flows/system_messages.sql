/*---
source      = "dispatch_notification"
key         = "id"
entity      = "system_message"
accept      = 0.999
description = "What the system sent to its users."

[remedies]
malformed_json         = "Repair the JSON in the source (a lone surrogate, \\u0000, a quote), or leave it out."
recipient_not_migrated = "Restore the user in the source, or give the rows to another one."
---*/

-- A notification goes to the profile of its recipient. Its context must be JSON that PostgreSQL accepts as jsonb;
-- none at all (NULL or '') is allowed, becomes {} and gets a warning.
-- Two million rows: one join, one look at the JSON, and the metadata is merged only where there is something to add.

select
    n.id                                                       as _key,
    case
        when r._key is null                        then reject('recipient_not_migrated', 'profiles', n.recipient_id)
        when coalesce(n.template_context, '') = '' then migrate()
        when is_jsonb(n.template_context)          then migrate()
        else                                            reject('malformed_json')
    end                                                        as _outcome,
    warnings(coalesce(n.template_context, '') = '', 'context_empty') as _warnings,
    n.id                                                       as legacy_id,
    legacy_uuid('profile', n.recipient_id)                     as recipient_id,
    n.template_name                                            as template_name,
    case when coalesce(n.template_context, '') = '' then '{}' else n.template_context end as template_context,
    n.channel                                                  as channel,
    n.is_read                                                  as is_read,
    case
        when coalesce(n.template_context, '') = ''
            then json_merge(row_json(n._row), json_object('template_context_was_empty', true))
        else row_json(n._row)
    end                                                        as metadata,
    n.created_at                                               as created_at
from source.dispatch_notification n
left join migrated.profiles r on r._key = n.recipient_id
