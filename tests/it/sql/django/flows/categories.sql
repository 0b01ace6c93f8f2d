/*---
source = "shop_category"
entity = "category"
---*/
select c.id as _key,
       case when c.parent_id = c.id then reject('own_parent')
            when c.parent_id is not null and p.id is null then reject('no_parent')
            else migrate() end as _outcome,
       c.id as old, c.slug, legacy_uuid('category', c.parent_id) as parent_id
from source.shop_category c
left join source.shop_category p on p.id = c.parent_id
