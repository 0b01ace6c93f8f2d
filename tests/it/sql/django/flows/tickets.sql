/*---
source = "support_ticket"
id     = "given"
---*/
select t.id as _key, t.id as _id,
       case when t.deleted_at is not null then skip('deleted')
            when u._key is null then reject('no_user', 'users', t.customer_id)
            else migrate() end as _outcome,
       u.id as user_id, t.title
from source.support_ticket t
left join migrated.users u on u._key = t.customer_id
