/*---
title = "Suffixes of the patients"
chart = "bar"
about = "Standard: four of A-Z 0-9 + -. Unusual: one to eight of them, kept. Unusable: anything else, left out."
---*/

select
    case
        when p.suffix is not null and character_length(p.suffix) = 4 then 'standard'
        when p.suffix is not null                                    then 'unusual'
        when nullif(trim(s.suffix), '') is not null                  then 'unusable'
        else                                                              'none'
    end                                                                   as quality,
    count(*)                                                              as patients,
    count(*) filter (where s.suffix is not null and p.suffix is not null and s.suffix <> p.suffix) as tidied
from migrated.patients p
left join source.dispatch_patient s on s.id = p._key
group by 1
order by patients desc, quality
