/*---
source      = "dispatch_template_view_groups"
key         = "id"
entity      = "template_view_group"
accept      = 0.99
description = "Which groups of users see a template, by the name of the group."

[remedies]
template_not_migrated = "Restore the template."
unknown_group         = "Restore the group, or remove the stale link."
---*/

-- Groups have no table of their own in the target, so a view keeps the group's name. It needs its template, and a group
-- that exists.

select
    v.id                                                       as _key,
    case
        when t._key is null then reject('template_not_migrated', 'templates', v.template_id)
        when g.id is null   then reject('unknown_group')
        else                     migrate()
    end                                                        as _outcome,
    v.id                                                       as legacy_id,
    legacy_uuid('template', t._key)                            as template_id,
    g.name                                                     as group_name,
    json_merge(row_json(v._row), json_object('group_name', g.name)) as metadata,
    v.created_at                                               as created_at
from source.dispatch_template_view_groups v
left join migrated.templates t on t._key = v.template_id
left join source.auth_group  g on g.id   = v.group_id
