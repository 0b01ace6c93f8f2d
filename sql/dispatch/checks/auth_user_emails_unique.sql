/*---
title = "An e-mail address signs in one user only"
flow  = "auth_users"
---*/

with counted as (
    select u._key, count(*) over (partition by lower(u.email)) as users
    from migrated.auth_users u
    where u.email is not null
)

select c._key, c.users
from counted c
where c.users > 1
order by c._key
