/*---
title = "Transitions of the case states"
chart = "bar"
about = "A state and the one before it in the same case. The first state of a case comes from none."
---*/

select
    coalesce(s.previous_state, '(start)')                                 as from_state,
    s.state                                                               as to_state,
    count(*)                                                              as transitions
from migrated.case_states s
group by 1, 2
order by transitions desc, 1, 2
