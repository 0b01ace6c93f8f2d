/*---
source      = "dispatch_template_view_roles"
key         = "id"
entity      = "template_view_role"
accept      = 0.99
description = "Which technician roles see a template."

[remedies]
template_not_migrated = "Restore the template."
unknown_role          = "Add the role to dispatch_role, or remove the stale link."
---*/

-- A view needs its template and its role. It keeps the role's name beside the role, as it was when it was moved.

select
    v.id                                                       as _key,
    case
        when t._key is null then reject('template_not_migrated', 'templates', v.template_id)
        when r._key is null then reject('unknown_role', 'technician_roles', v.role_id)
        else                     migrate()
    end                                                        as _outcome,
    v.id                                                       as legacy_id,
    legacy_uuid('template', t._key)                            as template_id,
    legacy_uuid('technician_role', r._key)                     as technician_role_id,
    r.name                                                     as role_name,
    json_merge(row_json(v._row), json_object('role_name', r.name)) as metadata,
    v.created_at                                               as created_at
from source.dispatch_template_view_roles v
left join migrated.templates        t on t._key = v.template_id
left join migrated.technician_roles r on r._key = v.role_id
