/*---
source = "shop_customer"
key    = "user_ptr_id"
target = "users"
---*/
select c.user_ptr_id as _key,
       case when u.id is null then reject('no_user') else elsewhere('users') end as _outcome
from source.shop_customer c
left join source.auth_user u on u.id = c.user_ptr_id
