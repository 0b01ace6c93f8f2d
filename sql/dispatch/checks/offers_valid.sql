/*---
title = "An offer starts before it ends and takes off 0 to 100 percent"
flow  = "offers"
---*/

select o._key
from migrated.offers o
where not coalesce(o.starts_at < o.ends_at and o.percent between 0 and 100, false)
order by o._key
