/*---
title = "The cases with the most messages"
chart = "bar"
about = "Named by the legacy id of the patient. Questions and responses are the classes of the messages."
---*/

select
    c._key                                                                as patient_legacy_id,
    count(*)                                                              as messages,
    count(*) filter (where m.message_type = 'patient_question')           as questions,
    count(*) filter (where m.message_type = 'doctor_response')            as responses
from migrated.case_messages_comments m
join migrated.cases c on c.id = m.case_id
group by c._key
order by messages desc, patient_legacy_id
limit 10
