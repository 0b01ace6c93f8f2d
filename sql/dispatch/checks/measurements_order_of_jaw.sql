/*---
title = "A measurement of a jaw is of the jaw's order"
flow  = "measurements"
---*/

select m._key
from migrated.measurements m
join migrated.jaws j on j.id = m.jaw_id
where j.order_id is distinct from m.order_id
order by m._key
