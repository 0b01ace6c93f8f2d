/*---
title = "A suffix is one to eight of A-Z 0-9 + -"
flow  = "patients"
---*/

select p._key
from migrated.patients p
where not regexp_like(p.suffix, '^[A-Z0-9+-]{1,8}$')
order by p._key
