/*---
title = "How the type of a jaw was spelled"
chart = "none"
about = "The spellings that are known, blanks and capitals apart. Other words are not shown: they could be anything."
---*/

with jaws as (
    select s.jaw_type as spelling, j.jaw_type, array_has(j._warnings, 'jaw_type_from_notes') as by_notes
    from migrated.jaws j
    join source.dispatch_jaw s on s.id = j._key
    union all
    select r.jaw_type as spelling, cast(null as text) as jaw_type, true as by_notes
    from rejected.jaws r
    where r._reason = 'jaw_type_unknown'
),

named as (
    select
        j.jaw_type,
        -- 12288: the blank of Japanese keyboards
        nullif(btrim(lower(j.spelling), concat(' ', chr(9), chr(10), chr(13), chr(12288))), '') as spelling,
        j.by_notes
    from jaws j
)

select
    case
        when n.spelling is null then '(none)'
        when n.by_notes         then '(other words)'
        else                         n.spelling
    end                                                                   as spelling,
    count(*) filter (where n.jaw_type = 'upper')                          as upper,
    count(*) filter (where n.jaw_type = 'lower')                          as lower,
    count(*) filter (where n.jaw_type is null)                            as rejected
from named n
group by 1
order by count(*) desc, 1
