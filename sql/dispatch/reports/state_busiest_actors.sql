/*---
title = "The users who changed case states most"
chart = "bar"
about = "Named by the legacy id of the user."
---*/

select
    p._key                                                                as user_legacy_id,
    count(*)                                                              as states,
    count(*) filter (where s.state = 'treatment_active')                  as treatment_active,
    count(*) filter (where s.state = 'case_closed')                       as case_closed
from migrated.case_states s
join migrated.profiles p on p.id = s.actor_id
group by p._key
order by states desc, user_legacy_id
limit 10
