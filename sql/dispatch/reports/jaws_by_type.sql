/*---
title = "Jaws by type, and what told it"
chart = "bar"
about = "jaw_type is typed by hand; where it says nothing, the notes do, or nothing does and the jaw is rejected."
---*/

with jaws as (
    select j.jaw_type, array_has(j._warnings, 'jaw_type_from_notes') as by_notes, j.order_id
    from migrated.jaws j
    union all
    select '(unknown)' as jaw_type, false as by_notes, null as order_id
    from rejected.jaws r
    where r._reason = 'jaw_type_unknown'
)

select
    j.jaw_type                                                            as jaw_type,
    count(*)                                                              as jaws,
    count(*) filter (where j.order_id is not null and not j.by_notes)     as by_jaw_type,
    count(*) filter (where j.by_notes)                                    as by_notes,
    count(distinct j.order_id)                                            as orders
from jaws j
group by j.jaw_type
order by jaws desc, jaw_type
