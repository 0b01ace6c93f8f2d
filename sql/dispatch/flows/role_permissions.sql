/*---
source      = "auth_group_permissions"
key         = "id"
entity      = "role_permission"
accept      = 1.0
description = "What the members of a group may do, in names."

[remedies]
missing_group      = "Restore the group, or remove the stale link."
missing_permission = "Restore the permission, or remove the stale link."
---*/

-- Groups and permissions have no table of their own in the target: the names are kept, and the model that the
-- permission is for under the name that it has now. The model may be unknown; the permission stays, with a warning.
-- The source does not know when a right was given.

select
    gp.id                                                      as _key,
    case
        when g.id is null then reject('missing_group')
        when p.id is null then reject('missing_permission')
        else                   migrate()
    end                                                        as _outcome,
    warnings(p.id is not null and t.id is null, 'content_type_unknown') as _warnings,
    gp.id                                                      as legacy_id,
    g.name                                                     as role_name,
    p.name                                                     as permission_name,
    p.codename                                                 as codename,
    t.current_model                                            as model,
    json_merge(
        row_json(gp._row),
        json_object(
            'group_name',      g.name,
            'permission_name', p.name,
            'codename',        p.codename,
            'content_type',    t.app_label || '.' || t.model
        )
    )                                                          as metadata,
    arrow_cast(null, 'Timestamp(Microsecond, Some("UTC"))')    as created_at
from source.auth_group_permissions gp
left join source.auth_group      g on g.id = gp.group_id
left join source.auth_permission p on p.id = gp.permission_id
left join shared.content_types   t on t.id = p.content_type_id
