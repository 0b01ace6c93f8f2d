/*---
source = "mixed"
---*/
select
    m.id as _key,
    case when m.id % 500 = 0 then reject('round_number')
         else                     migrate() end as _outcome,
    legacy_uuid('mixed', m.boss) as boss_id,
    m.active, m.label, m.note, m.amount, m.measured, m.ratio, m.day, m.noted_at, m.local_at, m.code, m.details, m.tags
from source.mixed m
