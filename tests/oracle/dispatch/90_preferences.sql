-- What users who are there prefer.
create table oracle_preferences as
select
    p.id::bigint                                 as key,
    oracle_outcome('preference', p.id, r.reason) as outcome,
    r.reason                                     as reason,
    '{}'::text[]                                 as warnings,
    case when r.reason is null and not oracle_is_adopted('preference', p.id) then jsonb_build_object(
        'id', oracle_uuid('preference', p.id),
        'legacy_id', p.id,
        'profile_id', oracle_uuid('profile', p.user_id),
        'key', p.key,
        'value', p.value,
        'metadata', oracle_source(to_jsonb(p), 'dispatch_preference'),
        'created_at', p.created_at
    ) end                                        as row
from dispatch_preference p
cross join lateral (
    select case
        when not exists (select from auth_user u where u.id = p.user_id) then 'user_not_migrated'
    end as reason
) r;

alter table oracle_preferences add primary key (key);
