/*---
title    = "A file's hash is 64 hexadecimal digits"
severity = "warn"
flow     = "files"
---*/

select f._key
from migrated.files f
where not regexp_like(f.sha256, '^[0-9a-f]{64}$')
order by f._key
