-- A doctor is a user whom a patient or an office names.
create table oracle_doctors as
select
    u.id::bigint                                                as key,
    case when n.patients + n.offices = 0 then 'skipped' else oracle_outcome('doctor', u.id, null) end as outcome,
    case when n.patients + n.offices = 0 then 'not_a_doctor' end as reason,
    '{}'::text[]                                                as warnings,
    case when n.patients + n.offices > 0 and not oracle_is_adopted('doctor', u.id) then jsonb_build_object(
        'id', oracle_uuid('doctor', u.id),
        'legacy_id', u.id,
        'profile_id', oracle_uuid('profile', u.id),
        'full_name', oracle_full_name(u.first_name, u.last_name),
        'office_ids', array(
            select oracle_uuid('office', o.id)
            from dispatch_office o
            where exists (select from dispatch_office_doctors od where od.office_id = o.id and od.user_id = u.id)
            order by o.id
        ),
        'is_active', u.is_active,
        'metadata', oracle_source(to_jsonb(u), 'auth_user')
            || jsonb_build_object('patient_count', n.patients, 'office_count', n.offices),
        'created_at', u.created_at
    ) end                                                       as row
from auth_user u
cross join lateral (
    select
        (select count(*) from dispatch_patient p where p.doctor_id = u.id) as patients,
        (select count(distinct od.office_id) from dispatch_office_doctors od where od.user_id = u.id) as offices
) n;

alter table oracle_doctors add primary key (key);
