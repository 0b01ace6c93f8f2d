/*---
source      = "auth_user"
key         = "id"
entity      = "technician"
accept      = 1.0
description = "Users who work in the laboratory: agents, and users with a technician role."
---*/

-- A user is a technician who is an agent or has a technician role, even one that does not exist. Everyone else is out
-- of scope. A technician has one role here, the first that exists: the agent's before that of a user's role, then by
-- id. Several are a warning; none that exists becomes NULL, with a warning. A technician is one since the row that
-- gives the role was made.

with held as (
    select a.user_id, a.role_id, a.id, a.created_at, 'dispatch_agent' as origin, 1 as agent
    from source.dispatch_agent a
    union all
    select r.user_id, r.role_id, r.id, r.created_at, 'dispatch_user_role', 0
    from source.dispatch_user_role r
),

ranked as (
    select
        h.*,
        t._key                                                 as known_role_id,
        row_number() over (partition by h.user_id order by t._key is null, h.agent desc, h.id) as place,
        count(*) over (partition by h.user_id)                 as roles,
        max(h.agent) over (partition by h.user_id)             as is_agent
    from held h
    left join migrated.technician_roles t on t._key = h.role_id
),

chosen as (
    select * from ranked where place = 1
)

select
    u.id                                                       as _key,
    case
        when r.user_id is null then skip('not_a_technician')
        else                        migrate()
    end                                                        as _outcome,
    warnings(
        r.user_id is not null and r.known_role_id is null, 'role_unknown',
        r.roles > 1,                                       'several_roles'
    )                                                          as _warnings,
    u.id                                                       as legacy_id,
    legacy_uuid('profile', p._key)                             as profile_id,
    legacy_uuid('technician_role', r.known_role_id)            as technician_role_id,
    nullif(trim(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')), '') as full_name,
    r.is_agent = 1                                             as is_agent,
    u.is_active                                                as is_active,
    r.created_at                                               as technician_since,
    json_merge(
        row_json(u._row),
        json_object(
            'technician_origin',    r.origin,
            'technician_origin_id', r.id,
            'role_legacy_id',       r.role_id,
            'role_count',           r.roles
        )
    )                                                          as metadata,
    u.created_at                                               as created_at
from source.auth_user u
left join migrated.profiles p on p._key    = u.id
left join chosen            r on r.user_id = u.id
