/*---
title = "A file was uploaded when its row was made, and has the size and the name that it had"
flow  = "files"
---*/

select f._key
from migrated.files f
left join source.dispatch_file s on s.id = f._key
where (f.uploaded_at is distinct from s.created_at)
   or (f.size_bytes is distinct from s.size)
   or (f.filename is distinct from s.filename)
order by f._key
