/*---
source      = "auth_user"
key         = "id"
entity      = "doctor"
accept      = 1.0
description = "Users who treat: the doctor of a patient, or a doctor of an office."
---*/

-- A user is a doctor when a patient names the user as doctor or an office lists the user. The doctor_id of an
-- instruction is no evidence: it often is an id of a table that was dropped. Everyone else is out of scope.
-- The source knows no specialisations, so that column keeps its default. No rule here leaves a profile out: only a
-- pipeline with rules of its own for those can meet profile_not_migrated.

with patients_of as (
    select p.doctor_id as user_id, count(*) as patients
    from source.dispatch_patient p
    where p.doctor_id is not null
    group by p.doctor_id
),

membership as (
    select distinct od.user_id, od.office_id
    from source.dispatch_office_doctors od
    where od.user_id is not null
),

offices_of as (
    select m.user_id, count(*) as listed
    from membership m
    group by m.user_id
),

-- Only offices that are in the target: a UUID of any other would point nowhere.
migrated_offices_of as (
    select m.user_id, array_agg(legacy_uuid('office', m.office_id) order by m.office_id) as office_ids
    from membership m
    join migrated.offices o on o._key = m.office_id
    group by m.user_id
)

select
    u.id                                                       as _key,
    case
        when po.user_id is null and oo.user_id is null then skip('not_a_doctor')
        when p._key is null                            then reject('profile_not_migrated', 'profiles', u.id)
        else                                                migrate()
    end                                                        as _outcome,
    u.id                                                       as legacy_id,
    legacy_uuid('profile', u.id)                               as profile_id,
    nullif(trim(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, '')), '') as full_name,
    case
        when mo.user_id is null then arrow_cast(make_array(), 'List(FixedSizeBinary(16))')
        else                         mo.office_ids
    end                                                        as office_ids,
    u.is_active                                                as is_active,
    json_merge(
        row_json(u._row),
        json_object('patient_count', coalesce(po.patients, 0), 'office_count', coalesce(oo.listed, 0))
    )                                                          as metadata,
    u.created_at                                               as created_at
from source.auth_user u
left join patients_of         po on po.user_id = u.id
left join offices_of          oo on oo.user_id = u.id
left join migrated_offices_of mo on mo.user_id = u.id
left join migrated.profiles   p  on p._key     = u.id
