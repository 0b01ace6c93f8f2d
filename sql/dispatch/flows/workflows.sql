/*---
source      = "dispatch_instance"
key         = "id"
entity      = "workflow"
accept      = 0.99
description = "Templates at work: each instance is a workflow of its patient's case."

[remedies]
template_not_migrated = "Restore the template."
patient_not_migrated  = "Restore the patient."
---*/

-- A workflow needs its template and its patient. A patient without a case (deleted, or without an order) has it all
-- the same, with a warning. A state that is none of the four is kept as unknown, with a warning.

select
    w.id                                                       as _key,
    case
        when t._key is null then reject('template_not_migrated', 'templates', w.template_id)
        when p._key is null then reject('patient_not_migrated', 'patients', w.patient_id)
        else                     migrate()
    end                                                        as _outcome,
    warnings(
        c._key is null,                                        'no_case',
        w.state not in ('new', 'running', 'waiting', 'done'),  'state_unknown'
    )                                                          as _warnings,
    w.id                                                       as legacy_id,
    legacy_uuid('template', t._key)                            as template_id,
    legacy_uuid('patient', p._key)                             as patient_id,
    legacy_uuid('case', c._key)                                as case_id,
    case when w.state in ('new', 'running', 'waiting', 'done') then w.state else 'unknown' end as state,
    row_json(w._row)                                           as metadata,
    w.created_at                                               as created_at
from source.dispatch_instance w
left join migrated.templates t on t._key = w.template_id
left join migrated.patients  p on p._key = w.patient_id
left join migrated.cases     c on c._key = w.patient_id
