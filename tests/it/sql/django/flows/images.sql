/*---
source = "shop_image"
entity = "image"
---*/
select i.id as _key, migrate() as _outcome, i.id as old, legacy_uuid('product', i.product_id) as product_id, i.path
from source.shop_image i
