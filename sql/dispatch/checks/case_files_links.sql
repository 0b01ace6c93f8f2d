/*---
title = "A file that is in a case has a link, and one that was skipped for want of a link has none"
flow  = "case_files"
---*/

with linked as (
    select distinct l.file_id from source.dispatch_file_instruction l
)

select f._key
from migrated.case_files f
left join linked l on l.file_id = f._key
where l.file_id is null
union all
select f._key
from skipped.case_files f
left join linked l on l.file_id = f._key
where f._reason = 'no_link' and l.file_id is not null
