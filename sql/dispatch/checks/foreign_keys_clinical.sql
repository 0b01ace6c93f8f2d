/*---
title = "The orders and jaws that clinical rows belong to are there"
---*/

with refs (flow, reference, _key, id) as (
    select 'jaws', 'orders', _key, order_id from migrated.jaws
    union all
    select 'brackets', 'jaws', _key, jaw_id from migrated.brackets
    union all
    select 'scans', 'orders', _key, order_id from migrated.scans
    union all
    select 'impressions', 'orders', _key, order_id from migrated.impressions
    union all
    select 'measurements', 'orders', _key, order_id from migrated.measurements
    union all
    select 'measurements', 'jaws', _key, jaw_id from migrated.measurements where jaw_id is not null
),

there (reference, id) as (
    select 'orders', id from migrated.orders
    union all
    select 'jaws', id from migrated.jaws
)

select r._key, r.flow, r.reference
from refs r
left anti join there t on t.reference = r.reference and t.id = r.id
order by r.flow, r._key
