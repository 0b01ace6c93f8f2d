/*---
title = "The context of a system message is never missing"
flow  = "system_messages"
---*/

select m._key
from migrated.system_messages m
where m.template_context is null or m.template_context = ''
order by m._key
