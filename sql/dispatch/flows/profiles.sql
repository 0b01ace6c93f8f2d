/*---
source      = "auth_user"
key         = "id"
entity      = "profile"
accept      = 1.0
description = "Every legacy user has a profile, under the UUID of the user it belongs to."
---*/

-- A profile needs its auth user first. It shows the address as the user typed it, or the synthetic one where
-- auth_users.sql had to give one; the source's own is in the metadata. No rule here leaves a user out: only a pipeline
-- with rules of its own for auth_users can meet auth_user_not_migrated.

select
    u.id                                                       as _key,
    case
        when a._key is null then reject('auth_user_not_migrated', 'auth_users', u.id)
        else                     migrate()
    end                                                        as _outcome,
    warnings(
        array_has(a._warnings, 'email_duplicate'), 'email_duplicate',
        array_has(a._warnings, 'email_missing'),   'email_missing'
    )                                                          as _warnings,
    u.id                                                       as legacy_user_id,
    u.username                                                 as username,
    case
        when array_has(a._warnings, 'email_duplicate') then a.email
        else                                                nullif(trim(u.email), '')
    end                                                        as email,
    u.first_name                                               as first_name,
    u.last_name                                                as last_name,
    nullif(trim(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')), '') as full_name,
    u.is_active                                                as is_active,
    u.is_staff                                                 as is_staff,
    u.is_superuser                                             as is_superuser,
    u.date_joined                                              as date_joined,
    u.last_login                                               as last_login_at,
    json_merge(
        row_json(u._row),
        json_object('email_is_synthetic', coalesce(array_has(a._warnings, 'email_duplicate'), false))
    )                                                          as metadata,
    u.created_at                                               as created_at
from source.auth_user u
left join migrated.auth_users a on a._key = u.id
