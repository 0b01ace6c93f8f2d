/*---
title    = "Every patient has an office"
severity = "warn"
flow     = "patients"
---*/

select p._key
from migrated.patients p
where p.office_id is null
order by p._key
