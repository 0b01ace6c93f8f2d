/*---
title = "Files by year of upload, and which of them lead to a case"
chart = "bar"
about = "Years are UTC. Without a case: no order names the file. Rejected: its links do not lead to one case."
---*/

select
    cast(date_part('year', f.uploaded_at) as int)                         as year,
    count(*)                                                              as files,
    count(c._key)                                                         as in_a_case,
    count(s._key)                                                         as without_case,
    count(r._key)                                                         as rejected,
    cast(round(100.0 * count(c._key) / count(*), 2) as double precision)            as in_a_case_percent
from migrated.files f
left join migrated.case_files c on c._key = f._key
left join skipped.case_files  s on s._key = f._key
left join rejected.case_files r on r._key = f._key
group by 1
order by 1
