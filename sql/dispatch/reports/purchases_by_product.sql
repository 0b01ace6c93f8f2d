/*---
title = "Purchases by product"
chart = "bar"
about = "The ten products that brought the most."
---*/

select
    p.sku                                                                 as sku,
    count(*)                                                              as purchases,
    sum(b.quantity)                                                       as quantity,
    sum(b.amount)                                                         as amount,
    count(distinct b.buyer_id)                                            as buyers
from migrated.purchases b
join migrated.products p on p.id = b.product_id
group by p.sku
order by amount desc, sku
limit 10
