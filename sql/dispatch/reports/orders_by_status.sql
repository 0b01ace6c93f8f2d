/*---
title = "Orders by status"
chart = "bar"
about = "The order's own doctor where it is one of ours; else the patient's, or the only one of the patient's office."
---*/

select
    o.status                                                              as status,
    count(*)                                                              as orders,
    count(*) filter (where array_has(o._warnings, 'doctor_repaired'))     as doctor_of_patient,
    count(*) filter (where array_has(o._warnings, 'doctor_from_office'))  as doctor_of_office,
    count(*) filter (where array_has(o._warnings, 'no_patient'))          as without_patient
from migrated.orders o
group by o.status
order by orders desc, status
