/*---
title = "Every user who is an agent or has a technician role is a technician"
flow  = "technicians"
---*/

with held as (
    select user_id from source.dispatch_agent
    union
    select user_id from source.dispatch_user_role
)

select u.id as _key
from source.auth_user u
join held h on h.user_id = u.id
left join migrated.technicians t on t._key = u.id
where t._key is null
order by u.id
