/*---
source = "auth_user"
entity = "user"
---*/
select u.id as _key,
       case when not u.is_active then skip('inactive') else migrate() end as _outcome,
       u.id as old, u.username as name, nullif(u.email, '') as email,
       case when c.user_ptr_id is null then 'person' else 'customer' end as kind, c.company
from source.auth_user u
left join source.shop_customer c on c.user_ptr_id = u.id
