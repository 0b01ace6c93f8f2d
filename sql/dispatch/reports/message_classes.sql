/*---
title = "Case messages from comments, by class"
chart = "bar"
about = "What a message is, told by what its text contains; the first rule that fits wins."
---*/

select
    m.message_type                                                        as class,
    count(*)                                                              as messages,
    cast(round(100.0 * count(*) / sum(count(*)) over (), 2) as double precision)    as share_percent
from migrated.case_messages_comments m
group by m.message_type
order by messages desc, class
