/*---
source      = "auth_user"
key         = "id"
entity      = "profile"
target      = "auth.users"
accept      = 1.0
description = "Every legacy user becomes a user who can sign in."
---*/

-- An e-mail address signs in one user only. Of the users who share one (upper and lower case are the same, and so are
-- blanks around it), the first by (created_at, id) keeps it; each other gets an address that no mail can reach and a
-- warning. A user without an address gets none: '' would collide, NULL does not.
--
-- GoTrue keeps addresses in lower case and never finds one that is not. It fails on NULL in its token columns, so
-- each is ''. Legacy passwords are not carried over: Django's hashes are not among those it accepts. The source row
-- is kept in profiles.metadata and not here: what is in raw_*_meta_data travels in every token.

with address as (
    select
        u.id,
        nullif(lower(trim(u.email)), '') as email,
        row_number() over (
            partition by nullif(lower(trim(u.email)), '')
            order by u.created_at, u.id
        )                                as place
    from source.auth_user u
)

select
    u.id                                                             as _key,
    migrate()                                                        as _outcome,
    warnings(
        a.email is not null and a.place > 1, 'email_duplicate',
        a.email is null,                     'email_missing'
    )                                                                as _warnings,
    '00000000-0000-0000-0000-000000000000'                           as instance_id,
    'authenticated'                                                  as aud,
    'authenticated'                                                  as role,
    case
        when a.email is null or a.place = 1 then a.email
        -- .invalid is reserved (RFC 2606): nobody can own such an address.
        else 'legacy-user-' || u.id || '@duplicate.invalid'
    end                                                              as email,
    ''                                                               as encrypted_password,
    case when a.email is not null and a.place = 1 then u.date_joined end as email_confirmed_at,
    ''                                                               as confirmation_token,
    ''                                                               as recovery_token,
    ''                                                               as email_change_token_new,
    ''                                                               as email_change,
    u.last_login                                                     as last_sign_in_at,
    json_merge(
        '{"provider": "email", "providers": ["email"]}',
        json_object('legacy_user_id', u.id)
    )                                                                as raw_app_meta_data,
    json_object('first_name', u.first_name, 'last_name', u.last_name) as raw_user_meta_data,
    false                                                            as is_super_admin,
    u.created_at                                                     as created_at,
    u.created_at                                                     as updated_at,
    ''                                                               as phone_change,
    ''                                                               as phone_change_token,
    ''                                                               as email_change_token_current,
    -- Django refuses the login of an inactive user; a ban is what does so here.
    case
        when not u.is_active then arrow_cast('9999-12-31T00:00:00Z', 'Timestamp(Microsecond, Some("UTC"))')
    end                                                              as banned_until,
    ''                                                               as reauthentication_token,
    false                                                            as is_sso_user,
    false                                                            as is_anonymous
from source.auth_user u
left join address a on a.id = u.id
