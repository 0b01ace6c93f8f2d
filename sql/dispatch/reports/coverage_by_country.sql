/*---
title = "Offices and doctors by country, and whom they cover"
chart = "bar"
about = "Patients are of the country of their office. Covered: an office with a doctor, a patient with a doctor."
---*/

with seats as (
    select d.id as doctor_id, unnest(d.office_ids) as office_id from migrated.doctors d
),

offices as (
    select o.country, count(distinct o.id) as offices, count(distinct s.office_id) as with_doctor,
        count(distinct s.doctor_id) as doctors
    from migrated.offices o
    left join seats s on s.office_id = o.id
    group by o.country
),

patients as (
    select o.country, count(*) as patients, count(p.doctor_id) as with_doctor
    from migrated.patients p
    join migrated.offices o on o.id = p.office_id
    group by o.country
)

select
    o.country                                                             as country,
    o.offices                                                             as offices,
    o.with_doctor                                                         as offices_with_doctor,
    cast(round(100.0 * o.with_doctor / o.offices, 2) as double precision)           as offices_percent,
    o.doctors                                                             as doctors,
    coalesce(p.patients, 0)                                               as patients,
    coalesce(p.with_doctor, 0)                                            as patients_with_doctor,
    cast(round(100.0 * p.with_doctor / p.patients, 2) as double precision)          as patients_percent
from offices o
left join patients p on p.country = o.country
order by patients desc, o.country
