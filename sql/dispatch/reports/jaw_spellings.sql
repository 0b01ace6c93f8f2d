/*---
title = "How the type of a jaw was spelled"
chart = "none"
about = "The spellings, blanks and capitals apart: how many jaws were loaded with each, and how many were rejected."
---*/

with jaws as (
    select s.jaw_type as spelling, j.jaw_type
    from migrated.jaws j
    join source.dispatch_jaw s on s.id = j._key
    union all
    select r.jaw_type as spelling, cast(null as text) as jaw_type
    from rejected.jaws r
    where r._reason = 'jaw_type_unknown'
)

select
    coalesce(nullif(btrim(lower(j.spelling), concat(' ', chr(9), chr(10), chr(13), chr(12288))), ''), '(none)')
                                                                          as spelling,
    count(*) filter (where j.jaw_type = 'upper')                          as upper,
    count(*) filter (where j.jaw_type = 'lower')                          as lower,
    count(*) filter (where j.jaw_type is null)                            as rejected
from jaws j
group by 1
order by count(*) desc, 1
