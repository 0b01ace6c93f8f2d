/*---
source      = "dispatch_setting"
key         = "id"
entity      = "setting"
accept      = 0.9
description = "How the application is set up."

[remedies]
malformed_json = "Repair the JSON in the source (a lone surrogate, \\u0000, a quote), or leave it out."
---*/

-- The value must be JSON that PostgreSQL accepts as jsonb; none at all (NULL or '') is allowed, becomes {} and gets a
-- warning.
-- There are so few of them that a single bad one may be more than one of a hundred.

select
    s.id                                                       as _key,
    case
        when coalesce(s.value, '') = '' then migrate()
        when is_jsonb(s.value)          then migrate()
        else                                 reject('malformed_json')
    end                                                        as _outcome,
    warnings(coalesce(s.value, '') = '', 'value_empty')        as _warnings,
    s.id                                                       as legacy_id,
    s.key                                                      as key,
    case when coalesce(s.value, '') = '' then '{}' else s.value end as value,
    case
        when coalesce(s.value, '') = ''
            then json_merge(row_json(s._row), json_object('value_was_empty', true))
        else row_json(s._row)
    end                                                        as metadata,
    s.created_at                                               as created_at
from source.dispatch_setting s
