/*---
source      = "django_admin_log"
key         = "id"
entity      = "audit_log"
accept      = 0.99
description = "What the staff added, changed and deleted by hand."

[remedies]
unknown_action = "Add the action flag to the rule, once it is known what it means."
---*/

-- An entry is of the time of its action. Its flag says what was done: 1 addition, 2 change, 3 deletion; any other says
-- nothing, and an entry without an action is no trail (unknown_action).
-- The user may be gone: the entry stays, without an actor and with a warning. The model is named as it is now
-- (shared/content_types.sql); an entry may have none, and one whose content type does not exist gets a warning.

select
    l.id                                                       as _key,
    case
        when l.action_flag in (1, 2, 3) then migrate()
        else                                 reject('unknown_action')
    end                                                        as _outcome,
    warnings(
        u._key is null,                                      'actor_unknown',
        l.content_type_id is not null and t.id is null,      'content_type_unknown'
    )                                                          as _warnings,
    l.id                                                       as legacy_id,
    case when u._key is not null then legacy_uuid('profile', l.user_id) end as actor_id,
    case l.action_flag
        when 1 then 'addition'
        when 2 then 'change'
        when 3 then 'deletion'
    end                                                        as action,
    t.current_model                                            as model,
    l.object_id                                                as object_legacy_id,
    l.object_repr                                              as object_repr,
    l.change_message                                           as change_message,
    json_merge(row_json(l._row), json_object('content_type', t.app_label || '.' || t.model)) as metadata,
    l.action_time                                              as created_at
from source.django_admin_log l
left join shared.content_types t on t.id   = l.content_type_id
left join migrated.profiles    u on u._key = l.user_id
