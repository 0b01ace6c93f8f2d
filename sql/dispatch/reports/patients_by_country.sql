/*---
title = "Patients with an office, by country"
chart = "bar"
about = "The country is that of the office: the patient's own, or the one of the patient's doctor."
---*/

select
    coalesce(o.country, '(no office)')                                    as country,
    count(*)                                                              as patients,
    count(*) filter (where own._key is not null)                          as by_own_office,
    count(*) filter (where o._key is not null and own._key is null)       as by_doctor,
    count(p.doctor_id)                                                    as with_doctor,
    cast(round(100.0 * count(p.doctor_id) / count(*), 2) as double precision)       as with_doctor_percent
from migrated.patients p
left join migrated.offices        o   on o.id     = p.office_id
left join source.dispatch_patient s   on s.id     = p._key
left join migrated.offices        own on own._key = s.office_id
group by 1
order by patients desc, country
