/*---
title = "Business: every row that is referred to is there"
---*/

with referring as (
    select 'projects.owner_id' as reference, x._key, x.owner_id as refers_to, y._key as found
    from migrated.projects x
    left join migrated.profiles y on y.id = x.owner_id
    union all
    select 'payments.order_id', x._key, x.order_id, y._key
    from migrated.payments x
    left join migrated.orders y on y.id = x.order_id
    union all
    select 'invoices.order_id', x._key, x.order_id, y._key
    from migrated.invoices x
    left join migrated.orders y on y.id = x.order_id
    union all
    select 'purchases.product_id', x._key, x.product_id, y._key
    from migrated.purchases x
    left join migrated.products y on y.id = x.product_id
    union all
    select 'purchases.buyer_id', x._key, x.buyer_id, y._key
    from migrated.purchases x
    left join migrated.profiles y on y.id = x.buyer_id
    union all
    select 'operations.purchase_id', x._key, x.purchase_id, y._key
    from migrated.operations x
    left join migrated.purchases y on y.id = x.purchase_id
    union all
    select 'offers.product_id', x._key, x.product_id, y._key
    from migrated.offers x
    left join migrated.products y on y.id = x.product_id
    union all
    select 'discounts.product_id', x._key, x.product_id, y._key
    from migrated.discounts x
    left join migrated.products y on y.id = x.product_id
    union all
    select 'preferences.profile_id', x._key, x.profile_id, y._key
    from migrated.preferences x
    left join migrated.profiles y on y.id = x.profile_id
    union all
    select 'schedules.profile_id', x._key, x.profile_id, y._key
    from migrated.schedules x
    left join migrated.profiles y on y.id = x.profile_id
    union all
    select 'schedules.patient_id', x._key, x.patient_id, y._key
    from migrated.schedules x
    left join migrated.patients y on y.id = x.patient_id
    union all
    select 'events.actor_id', x._key, x.actor_id, y._key
    from migrated.events x
    left join migrated.profiles y on y.id = x.actor_id
)

select r._key, r.reference
from referring r
where r.refers_to is not null and r.found is null
order by r.reference, r._key
