/*---
source = "comments"
---*/
with typed as (
    select c.*, y.model from source.comments c left join source.django_content_type y on y.id = c.content_type_id
)
select c.id as _key,
       case when c.model is null or c.object_id is null then reject('no_object')
            when c.model not in ('category', 'product', 'ticket') then skip('other_model')
            when c.body is null then reject('no_body')
            when c.model = 'ticket' and try_uuid(c.object_id) is null then reject('bad_key')
            when c.model = 'ticket' and t.id is null then reject('no_ticket')
            else migrate() end as _outcome,
       c.id as old,
       case when c.model = 'category' then legacy_uuid('category', cast(c.object_id as bigint)) end as category_id,
       case when c.model = 'product'  then legacy_uuid('product', c.object_id) end as product_id,
       t.id as ticket_id,
       u.id as author_id, c.body, c.created as created_at, c.extra, c.labels
from typed c
left join migrated.tickets t on c.model = 'ticket' and t._key = try_uuid(c.object_id)
left join migrated.users u on u._key = c.author_id
