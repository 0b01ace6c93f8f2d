-- A user keeps an address unless an earlier user, by (created_at, id), has it too.
create table oracle_auth_users as
select
    u.id::bigint                                as key,
    oracle_outcome('profile', u.id, null)       as outcome,
    null::text                                  as reason,
    array_remove(array[
        case when e.address <> '' and e.is_taken then 'email_duplicate' end,
        case when e.address = '' then 'email_missing' end
    ], null)                                    as warnings,
    case when not oracle_is_adopted('profile', u.id) then jsonb_build_object(
        'id', oracle_uuid('profile', u.id),
        'instance_id', '00000000-0000-0000-0000-000000000000',
        'aud', 'authenticated',
        'role', 'authenticated',
        'email', case
            when e.address = '' then null
            when e.is_taken then format('legacy-user-%s@duplicate.invalid', u.id)
            else e.address
        end,
        'encrypted_password', '',
        'email_confirmed_at', case when e.address <> '' and not e.is_taken then u.date_joined end,
        'confirmation_token', '',
        'recovery_token', '',
        'email_change_token_new', '',
        'email_change', '',
        'last_sign_in_at', u.last_login,
        'raw_app_meta_data', jsonb_build_object(
            'provider', 'email', 'providers', jsonb_build_array('email'), 'legacy_user_id', u.id
        ),
        'raw_user_meta_data', jsonb_build_object('first_name', u.first_name, 'last_name', u.last_name),
        'is_super_admin', false,
        'created_at', u.created_at,
        'updated_at', u.created_at,
        'phone_change', '',
        'phone_change_token', '',
        'email_change_token_current', '',
        'banned_until', case when u.is_active then null else '9999-12-31 00:00:00+00'::timestamptz end,
        'reauthentication_token', '',
        'is_sso_user', false,
        'is_anonymous', false
    ) end                                       as row
from auth_user u
cross join lateral (
    select
        lower(btrim(u.email)) as address,
        exists (
            select from auth_user earlier
            where lower(btrim(earlier.email)) = lower(btrim(u.email))
              and (earlier.created_at, earlier.id) < (u.created_at, u.id)
        ) as is_taken
) e;

alter table oracle_auth_users add primary key (key);
