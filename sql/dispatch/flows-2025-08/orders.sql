/*---
source      = "dispatch_instruction"
key         = "id"
entity      = "order"
accept      = 0.99
description = "Every instruction becomes an order of its patient, with a doctor who answers for it."

[remedies]
missing_doctor = "Apply the current rules, which ask the patient's office too."
---*/

-- The rules of August 2025. Doctor, the first that is one of ours: the instruction's; the patient's (its doctor_id is
-- often an id of a table that was dropped: doctor_repaired). Without either the order is rejected: the patient's
-- office is not asked yet.
-- A status code that is none of the thirteen is kept as unknown, with a warning.
-- A stock order has no patient; it is loaded with a warning, with a doctor or without.

with patient as (
    select p.id, d._key as doctor_id
    from source.dispatch_patient p
    join migrated.patients     m on m._key = p.id
    left join migrated.doctors d on d._key = p.doctor_id
),

resolved as (
    select
        i.id,
        p.id                                                   as patient_id,
        coalesce(d._key, p.doctor_id)                          as doctor_id,
        case
            when d._key is not null      then 'instruction'
            when p.doctor_id is not null then 'patient'
            else                              'none'
        end                                                    as doctor_source,
        case i.status
            when 1  then 'draft'
            when 2  then 'submitted'
            when 3  then 'accepted'
            when 4  then 'planning'
            when 5  then 'awaiting_approval'
            when 6  then 'approved'
            when 7  then 'production'
            when 8  then 'shipped'
            when 9  then 'delivered'
            when 10 then 'on_hold'
            when 11 then 'in_treatment'
            when 12 then 'closed'
            when 13 then 'cancelled'
            else         'unknown'
        end                                                    as status
    from source.dispatch_instruction i
    left join migrated.doctors d on d._key = i.doctor_id
    left join patient          p on p.id   = i.patient_id
)

select
    i.id                                                       as _key,
    case
        when i.patient_id is null  then migrate()
        when r.patient_id is null  then reject('patient_not_migrated', 'patients', i.patient_id)
        when r.doctor_id is null   then reject('missing_doctor')
        else                            migrate()
    end                                                        as _outcome,
    warnings(
        r.doctor_source = 'patient', 'doctor_repaired',
        i.patient_id is null,        'no_patient',
        r.status = 'unknown',        'status_unknown'
    )                                                          as _warnings,
    i.id                                                       as legacy_instruction_id,
    legacy_uuid('patient', r.patient_id)                       as patient_id,
    legacy_uuid('doctor', r.doctor_id)                         as doctor_id,
    r.status                                                   as status,
    i.kind                                                     as kind,
    i.notes                                                    as notes,
    i.submitted_at                                             as submitted_at,
    not i.is_deleted                                           as is_active,
    json_merge(
        row_json(i._row),
        json_object('order_status', r.status, 'doctor_source', r.doctor_source)
    )                                                          as metadata,
    i.created_at                                               as created_at
from source.dispatch_instruction i
left join resolved r on r.id = i.id
