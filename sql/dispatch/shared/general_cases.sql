-- The general case of a user who is a patient: the patient's own. user_id, patient_id; none where there is no case.
-- With $general_case, a message that cannot be placed by its plan goes to that of its author.

select p.user_id, p.id as patient_id
from source.dispatch_patient p
join migrated.cases c on c._key = p.id
where $general_case
