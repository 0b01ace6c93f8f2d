/*---
title = "Approvals of treatment plans, by revision"
chart = "bar"
about = "Revision 0 is the root plan. Revised on: plans of that depth that have a revision of their own."
---*/

with revised as (
    select distinct p.parent_plan_id as id from migrated.treatment_plans p where p.parent_plan_id is not null
)

select
    p.revision                                                            as revision,
    count(*)                                                              as plans,
    count(*) filter (where p.is_approved)                                 as approved,
    cast(round(100.0 * count(*) filter (where p.is_approved) / count(*), 2) as double precision) as approved_percent,
    count(r.id)                                                           as revised_on,
    count(r.id) filter (where p.is_approved)                              as approved_and_revised_on
from migrated.treatment_plans p
left join revised r on r.id = p.id
group by p.revision
order by p.revision
