/*---
title = "Files by type"
chart = "bar"
about = "The type without its parameters, in lower case. GiB are of the files as the source counts them."
---*/

select
    coalesce(nullif(lower(trim(split_part(f.mime_type, ';', 1))), ''), '(none)') as type,
    count(*)                                                              as files,
    cast(round(sum(f.size_bytes) / 1073741824.0, 1) as double precision) as gib,
    count(c._key)                                                         as in_a_case,
    count(i._key)                                                         as images,
    count(d._key)                                                         as documents
from migrated.files f
left join migrated.case_files c on c._key = f._key
left join migrated.images     i on i._key = f._key
left join migrated.documents  d on d._key = f._key
group by 1
order by files desc, type
