/*---
source = "shop_product"
key    = "sku"
entity = "product"
---*/
select p.sku as _key,
       case when c._key is null then reject('no_category', 'categories', p.category_id)
            when p.price < 0 or p.price = 'NaN' then reject('no_price')
            else migrate() end as _outcome,
       p.sku, legacy_uuid('category', p.category_id) as category_id, p.price, legacy_uuid('image', p.main_image_id) as main_image_id
from source.shop_product p
left join migrated.categories c on c._key = p.category_id
