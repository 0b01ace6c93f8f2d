/*---
title = "Who changed the case states"
chart = "bar"
about = "Unknown users are named by the source, which does not have them. Without a known actor it was the system."
---*/

select
    s.state                                                               as state,
    count(*)                                                              as states,
    count(s.actor_id)                                                     as known_actor,
    count(*) filter (where array_has(s._warnings, 'actor_unknown'))       as unknown_user,
    count(*) - count(s.actor_id)
        - count(*) filter (where array_has(s._warnings, 'actor_unknown')) as no_actor,
    count(distinct s.actor_id)                                            as different_actors
from migrated.case_states s
group by s.state
order by s.state
