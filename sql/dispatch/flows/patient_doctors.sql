/*---
source      = "dispatch_patient_doctor"
key         = "id"
entity      = "patient_doctor"
accept      = 0.99
description = "Which doctors treat a patient, and which of them answers for it."

[remedies]
doctor_not_migrated  = "Restore the doctor's user, or remove the stale link."
patient_not_migrated = "Restore the patient, or remove the stale link."
---*/

-- Both ends must be there. A doctor_id from 500001 up is a key of the dropped table dispatch_doctor: it names no user.

select
    pd.id                                                      as _key,
    case
        when p._key is null then reject('patient_not_migrated', 'patients', pd.patient_id)
        when d._key is null then reject('doctor_not_migrated', 'doctors', pd.doctor_id)
        else                     migrate()
    end                                                        as _outcome,
    pd.id                                                      as legacy_id,
    legacy_uuid('patient', pd.patient_id)                      as patient_id,
    legacy_uuid('doctor', pd.doctor_id)                        as doctor_id,
    pd.is_primary                                              as is_primary,
    row_json(pd._row)                                          as metadata,
    pd.created_at                                              as created_at
from source.dispatch_patient_doctor pd
left join migrated.patients p on p._key = pd.patient_id
left join migrated.doctors  d on d._key = pd.doctor_id
