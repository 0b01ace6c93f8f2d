/*---
source      = "dispatch_patient"
key         = "id"
entity      = "patient"
accept      = 1.0
description = "Every patient, with the doctor, the office and the suffix that can be told."
---*/

-- Doctor: the patient's, where it is one of ours.
-- Office: the patient's own; else that of the patient's doctor, the lowest id if there are several.
-- Suffix: trimmed and in upper case, 1 to 8 of A-Z 0-9 + -. Anything but exactly four of them is kept with a warning;
-- what is not usable at all is left out with a warning. The pattern is tested before the letters are raised: 'ß'
-- would become 'SS' and pass.
-- A patient is never lost for a reference that leads nowhere: it becomes NULL, with a warning.

with office_of_doctor as (
    select od.user_id, min(od.office_id) as office_id
    from source.dispatch_office_doctors od
    join migrated.offices o on o._key = od.office_id
    group by od.user_id
),

resolved as (
    select
        p.id,
        d._key                                                 as doctor_id,
        coalesce(own._key, od.office_id)                       as office_id,
        case
            when own._key is not null     then 'patient'
            when od.office_id is not null then 'doctor'
            else                               'none'
        end                                                    as office_source,
        nullif(trim(p.suffix), '')                             as given_suffix,
        case
            when regexp_like(trim(p.suffix), '^[A-Za-z0-9+-]{1,8}$') then upper(trim(p.suffix))
        end                                                    as suffix
    from source.dispatch_patient p
    left join migrated.doctors  d   on d._key     = p.doctor_id
    left join migrated.offices  own on own._key   = p.office_id
    left join office_of_doctor  od  on od.user_id = d._key
)

select
    p.id                                                       as _key,
    migrate()                                                  as _outcome,
    warnings(
        p.user_id is not null and u._key is null,                   'profile_unknown',
        p.doctor_id is not null and r.doctor_id is null,            'doctor_unknown',
        p.office_id is not null and r.office_source <> 'patient',   'office_unknown',
        r.suffix is not null and character_length(r.suffix) <> 4,   'suffix_unusual',
        r.given_suffix is not null and r.suffix is null,            'suffix_unusable'
    )                                                          as _warnings,
    p.id                                                       as legacy_id,
    case when u._key is not null then legacy_uuid('profile', p.user_id) end as profile_id,
    legacy_uuid('doctor', r.doctor_id)                         as doctor_id,
    legacy_uuid('office', r.office_id)                         as office_id,
    r.suffix                                                   as suffix,
    p.birth_date                                               as birth_date,
    case upper(trim(p.sex))
        when 'F' then 'female'
        when 'M' then 'male'
        when 'O' then 'other'
        when 'X' then 'other'
        else          'unknown'
    end                                                        as sex,
    not p.is_deleted                                           as is_active,
    p.deleted_at                                               as deleted_at,
    json_merge(
        row_json(p._row),
        json_object(
            'office_source',  r.office_source,
            'suffix_quality', case
                when r.given_suffix is null            then 'none'
                when r.suffix is null                  then 'unusable'
                when character_length(r.suffix) = 4    then 'standard'
                else                                        'unusual'
            end
        )
    )                                                          as metadata,
    p.created_at                                               as created_at
from source.dispatch_patient p
left join resolved          r on r.id   = p.id
left join migrated.profiles u on u._key = p.user_id
