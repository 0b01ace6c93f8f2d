/*---
source      = "dispatch_file"
key         = "id"
entity      = "case_file"
accept      = 0.99
description = "Each file with a link to an order belongs to the case of that order."

[remedies]
conflicting_cases   = "Decide which case the file belongs to, and remove the other link; until then archive it apart."
order_not_migrated  = "Recover the order, and they follow. Until then archive the file apart."
missing_instruction = "Restore the instruction in the source, or point the rows to another one."
case_not_migrated   = "The pipeline dispatch-default-case gives them a case; or restore the patient."
---*/

-- A link leads from the file to an instruction, that to an order, the order to a patient, and the patient to a case.
-- A file without a link is out of scope, and so is one of a stock order, which has no patient.
-- Of several links those that lead to a case count, the first of them (by id) gives the order; when they lead to
-- different cases, none is taken (conflicting_cases). Where none leads to a case, the first link says why not. A link
-- that leads to no case beside one that does is a warning.

with link as (
    select
        l.id,
        l.file_id,
        l.instruction_id,
        l.created_at,
        i.id                                                   as known_instruction_id,
        i.patient_id,
        o._key                                                 as order_key,
        c._key                                                 as case_key
    from source.dispatch_file_instruction l
    left join source.dispatch_instruction i on i.id   = l.instruction_id
    left join migrated.orders             o on o._key = i.id
    left join migrated.cases              c on c._key = case when o._key is not null then i.patient_id end
),

ranked as (
    select
        k.*,
        row_number() over (partition by k.file_id order by k.case_key is null, k.id) as place,
        count(*) over (partition by k.file_id)                 as links,
        count(k.case_key) over (partition by k.file_id)        as links_to_cases,
        min(k.case_key) over (partition by k.file_id)          as lowest_case_key,
        max(k.case_key) over (partition by k.file_id)          as highest_case_key
    from link k
),

chosen as (
    select * from ranked where place = 1
)

select
    f.id                                                       as _key,
    case
        when l.file_id is null                      then skip('no_link')
        when l.lowest_case_key < l.highest_case_key then reject('conflicting_cases')
        when l.case_key is not null                 then migrate()
        when l.known_instruction_id is null         then reject('missing_instruction', 'orders', l.instruction_id)
        when l.order_key is null                    then reject('order_not_migrated', 'orders', l.instruction_id)
        when l.patient_id is null                   then skip('no_patient')
        else                                             reject('case_not_migrated', 'cases', l.patient_id)
    end                                                        as _outcome,
    warnings(l.links_to_cases > 0 and l.links_to_cases < l.links, 'link_unresolved') as _warnings,
    f.id                                                       as legacy_id,
    legacy_uuid('file', m._key)                                as file_id,
    legacy_uuid('case', l.case_key)                            as case_id,
    legacy_uuid('order', l.order_key)                          as order_id,
    l.created_at                                               as linked_at,
    case when l.file_id is not null then
        json_merge(
            row_json(f._row),
            json_object(
                'link_legacy_id',        l.id,
                'instruction_legacy_id', l.instruction_id,
                'link_count',            l.links
            )
        )
    end                                                        as metadata,
    f.created_at                                               as created_at
from source.dispatch_file f
left join migrated.files m on m._key    = f.id
left join chosen         l on l.file_id = f.id
