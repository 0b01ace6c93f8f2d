-- Every opinion, with the stars that there are.
create table oracle_feedback as
select
    f.id::bigint                           as key,
    oracle_outcome('feedback', f.id, null) as outcome,
    null::text                             as reason,
    array_remove(array[
        case when not exists (select from auth_user u where u.id = f.user_id) then 'sender_unknown' end,
        case when f.rating <> all ('{1,2,3,4,5}') then 'rating_invalid' end
    ], null)                               as warnings,
    case when not oracle_is_adopted('feedback', f.id) then jsonb_build_object(
        'id', oracle_uuid('feedback', f.id),
        'legacy_id', f.id,
        'profile_id', (select oracle_uuid('profile', u.id) from auth_user u where u.id = f.user_id),
        'rating', case when f.rating = any ('{1,2,3,4,5}') then f.rating end,
        'comment', f.comment,
        'metadata', oracle_source(to_jsonb(f), 'dispatch_feedback'),
        'created_at', f.created_at
    ) end                                  as row
from dispatch_feedback f;

alter table oracle_feedback add primary key (key);
