/*---
title    = "Nothing was measured after it was recorded"
severity = "warn"
---*/

with taken (flow, _key, taken_at, created_at) as (
    select 'brackets', _key, taken_at, created_at from migrated.brackets
    union all
    select 'scans', _key, taken_at, created_at from migrated.scans
    union all
    select 'impressions', _key, taken_at, created_at from migrated.impressions
    union all
    select 'measurements', _key, taken_at, created_at from migrated.measurements
)

select t._key, t.flow
from taken t
where t.taken_at > t.created_at
order by t.flow, t._key
