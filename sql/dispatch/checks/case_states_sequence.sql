/*---
title = "The states of a case are numbered 1, 2, 3 … without a gap"
flow  = "case_states"
---*/

with renumbered as (
    select
        s._key,
        s.sequence_no,
        row_number() over (partition by s.case_id order by s.created_at, s._key) as expected
    from migrated.case_states s
)

select r._key, r.sequence_no, r.expected
from renumbered r
where r.sequence_no <> r.expected
order by r._key
