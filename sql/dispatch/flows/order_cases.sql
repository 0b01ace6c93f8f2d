/*---
source      = "dispatch_instruction"
key         = "id"
entity      = "order_case"
accept      = 0.99
description = "Each order belongs to the case of its patient."

[remedies]
case_not_migrated  = "The pipeline dispatch-default-case gives them a case; or restore the patient."
order_not_migrated = "Recover the order, and they follow."
---*/

-- An order without a patient (stock) belongs to no case and is out of scope; an order of a patient whose case was not
-- made (a deleted one) has nothing to belong to.

select
    i.id                                                       as _key,
    case
        when o._key is null       then reject('order_not_migrated', 'orders', i.id)
        when i.patient_id is null then skip('no_patient')
        when c._key is null       then reject('case_not_migrated', 'cases', i.patient_id)
        else                           migrate()
    end                                                        as _outcome,
    i.id                                                       as legacy_id,
    legacy_uuid('order', i.id)                                 as order_id,
    legacy_uuid('case', i.patient_id)                          as case_id,
    json_merge(row_json(i._row), json_object('case_legacy_id', i.patient_id)) as metadata,
    i.created_at                                               as created_at
from source.dispatch_instruction i
left join migrated.orders o on o._key = i.id
left join migrated.cases  c on c._key = i.patient_id
