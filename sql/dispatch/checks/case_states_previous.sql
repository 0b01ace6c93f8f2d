/*---
title = "Each case state knows the one before it"
flow  = "case_states"
---*/

select s._key, s.sequence_no
from migrated.case_states s
left join migrated.case_states before on before.case_id = s.case_id and before.sequence_no = s.sequence_no - 1
where (s.previous_state is distinct from before.state)
   or before.created_at > s.created_at
order by s._key
