/*---
title = "A workflow's case is that of its patient"
flow  = "workflows"
---*/

select w._key
from migrated.workflows w
left join migrated.cases c on c.patient_id = w.patient_id
where w.case_id is distinct from c.id
order by w._key
