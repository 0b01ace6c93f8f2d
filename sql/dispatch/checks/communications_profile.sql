/*---
title = "What went out has a recipient"
flow  = "communications"
---*/

select m._key
from migrated.communications m
where m.direction = 'outbound' and m.profile_id is null
order by m._key
