-- Every user has a profile, with the address as typed, unless it had to be replaced.
create table oracle_profiles as
select
    u.id::bigint                          as key,
    oracle_outcome('profile', u.id, null) as outcome,
    null::text                            as reason,
    a.warnings                            as warnings,
    case when not oracle_is_adopted('profile', u.id) then jsonb_build_object(
        'id', oracle_uuid('profile', u.id),
        'legacy_user_id', u.id,
        'username', u.username,
        'email', case
            when 'email_duplicate' = any (a.warnings) then a.row ->> 'email'
            else nullif(btrim(u.email), '')
        end,
        'first_name', u.first_name,
        'last_name', u.last_name,
        'full_name', oracle_full_name(u.first_name, u.last_name),
        'is_active', u.is_active,
        'is_staff', u.is_staff,
        'is_superuser', u.is_superuser,
        'date_joined', u.date_joined,
        'last_login_at', u.last_login,
        'metadata', oracle_source(to_jsonb(u), 'auth_user')
            || jsonb_build_object('email_is_synthetic', 'email_duplicate' = any (a.warnings)),
        'created_at', u.created_at
    ) end                                 as row
from auth_user u
join oracle_auth_users a on a.key = u.id;

alter table oracle_profiles add primary key (key);
