/*---
title = "No file is an image and a document"
flow  = "images"
---*/

select i._key
from migrated.images i
join migrated.documents d on d._key = i._key
order by i._key
