/*---
title = "Communications, by channel"
chart = "bar"
about = "Inbound: from users; outbound: to users. Without a user: the sender is gone."
---*/

select
    m.channel                                                             as channel,
    count(*)                                                              as communications,
    count(*) filter (where m.direction = 'inbound')                       as inbound,
    count(*) filter (where m.direction = 'outbound')                      as outbound,
    count(*) - count(m.profile_id)                                        as without_user
from migrated.communications m
group by m.channel
order by communications desc, channel
