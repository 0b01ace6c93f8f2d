-- The class of each text that may become a message of a case, told by what it contains; the first that fits wins.
--
-- kind (comment or record) and key of the text, message_type.

with texts (kind, key, text) as (
    select 'comment', m.id, m.text from source.dispatch_comment m
    union all
    select 'record', r.id, r.text from source.dispatch_record r
)

select
    t.kind,
    t.key,
    case
        when lower(t.text) like '%approve%' or lower(t.text) like '%looks good%' then 'doctor_response'
        when lower(t.text) like '%please%' or t.text like '%?%'                  then 'patient_question'
        when lower(t.text) like '%treatment%' or lower(t.text) like '%plan%'     then 'treatment_update'
        else                                                                          'clinical_note'
    end as message_type
from texts t
