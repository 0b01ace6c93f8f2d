/*---
source = "auth_user_groups"
---*/
select m.id as _key,
       case when g.id is null then reject('no_group')
            when u._key is null then reject('no_user', 'users', m.user_id)
            else migrate() end as _outcome,
       u.id as user_id, g.name as team
from source.auth_user_groups m
left join source.auth_group g on g.id = m.group_id
left join migrated.users u on u._key = m.user_id
