/*---
source      = "dispatch_event"
key         = "id"
entity      = "event"
accept      = 0.99
description = "What happened in the application, and who did it."

[remedies]
malformed_json = "Repair the JSON in the source (a lone surrogate, \\u0000, a quote), or leave it out."
---*/

-- An event may have no actor; one who is named but unknown becomes NULL, with a warning. The payload must be JSON that
-- PostgreSQL accepts as jsonb; none at all (NULL or '') is allowed, becomes {} and gets a warning.

select
    e.id                                                       as _key,
    case
        when coalesce(e.payload, '') = '' then migrate()
        when is_jsonb(e.payload)          then migrate()
        else                                   reject('malformed_json')
    end                                                        as _outcome,
    warnings(
        e.actor_id is not null and u._key is null, 'actor_unknown',
        coalesce(e.payload, '') = '',              'payload_empty'
    )                                                          as _warnings,
    e.id                                                       as legacy_id,
    case when u._key is not null then legacy_uuid('profile', e.actor_id) end as actor_id,
    e.kind                                                     as kind,
    case when coalesce(e.payload, '') = '' then '{}' else e.payload end as payload,
    e.occurred_at                                              as occurred_at,
    case
        when coalesce(e.payload, '') = ''
            then json_merge(row_json(e._row), json_object('payload_was_empty', true))
        else row_json(e._row)
    end                                                        as metadata,
    e.created_at                                               as created_at
from source.dispatch_event e
left join migrated.profiles u on u._key = e.actor_id
