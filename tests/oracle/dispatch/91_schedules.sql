-- The calendars of users who are there; a patient need not be, and the times are what they are.
create table oracle_schedules as
select
    s.id::bigint                               as key,
    oracle_outcome('schedule', s.id, r.reason) as outcome,
    r.reason                                   as reason,
    array_remove(array[
        case when s.patient_id is distinct from p.id then 'patient_unknown' end,
        case when s.starts_at > s.ends_at then 'ends_before_it_starts' end
    ], null)                                   as warnings,
    case when r.reason is null and not oracle_is_adopted('schedule', s.id) then jsonb_build_object(
        'id', oracle_uuid('schedule', s.id),
        'legacy_id', s.id,
        'profile_id', oracle_uuid('profile', s.user_id),
        'patient_id', oracle_uuid('patient', p.id),
        'kind', s.kind,
        'starts_at', s.starts_at,
        'ends_at', s.ends_at,
        'metadata', oracle_source(to_jsonb(s), 'dispatch_schedule'),
        'created_at', s.created_at
    ) end                                      as row
from dispatch_schedule s
left join auth_user u on u.id = s.user_id
left join dispatch_patient p on p.id = s.patient_id
cross join lateral (select case when u.id is null then 'user_not_migrated' end as reason) r;

alter table oracle_schedules add primary key (key);
