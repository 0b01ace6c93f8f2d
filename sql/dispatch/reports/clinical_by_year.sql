/*---
title = "What was measured, by year"
chart = "line"
about = "Years are UTC: of the record, and for all but jaws of the moment it was taken."
---*/

with taken (flow, at) as (
    select 'jaws', created_at from migrated.jaws
    union all
    select 'brackets', taken_at from migrated.brackets
    union all
    select 'scans', taken_at from migrated.scans
    union all
    select 'impressions', taken_at from migrated.impressions
    union all
    select 'measurements', taken_at from migrated.measurements
)

select
    cast(date_part('year', t.at) as int)                                  as year,
    count(*) filter (where t.flow = 'jaws')                               as jaws,
    count(*) filter (where t.flow = 'brackets')                           as brackets,
    count(*) filter (where t.flow = 'scans')                              as scans,
    count(*) filter (where t.flow = 'impressions')                        as impressions,
    count(*) filter (where t.flow = 'measurements')                       as measurements
from taken t
group by 1
order by 1
