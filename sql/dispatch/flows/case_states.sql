/*---
source      = "dispatch_state"
key         = "id"
entity      = "case_state"
accept      = 0.94
description = "The history of each case: treatment active, case closed."

[remedies]
case_not_migrated         = "The pipeline dispatch-default-case gives them a case; or restore the patient."
case_removed_before_state = "The pipeline dispatch-default-case gives them a case; or restore the patient."
invalid_reference         = "Find the order that the state belongs to; a stock order has no case."
order_not_migrated        = "Recover the order, and they follow."
---*/

-- Status 11 says that the treatment is active, 12 that the case is closed; every other status is one of the order and
-- out of scope here. A state belongs to the case of its instruction's patient.
-- invalid_reference: it names no instruction (NULL or 0, or one that does not exist), or one of a stock order, which
-- has no patient. Where the case is not there because the patient was deleted, a state made after that has a reason
-- of its own: it has no case to return to.
-- Without a known actor the state counts as made by the system; an actor who is named but unknown is a warning.
-- The states of a case are numbered by (created_at, id), and each knows the one before: among the migrated ones only.

with judged as (
    select
        s.*,
        case
            when s.status is null or s.status not in (11, 12) then skip('order_state')
            when i.id is null         then reject('invalid_reference', 'orders', s.instruction_id)
            when o._key is null       then reject('order_not_migrated', 'orders', i.id)
            when i.patient_id is null then reject('invalid_reference')
            when c._key is null and p.deleted_at < s.created_at
                                      then reject('case_removed_before_state', 'cases', i.patient_id)
            when c._key is null       then reject('case_not_migrated', 'cases', i.patient_id)
            else                           migrate()
        end                                                    as outcome,
        case s.status when 11 then 'treatment_active' when 12 then 'case_closed' end as state,
        i.patient_id,
        u._key                                                 as known_actor_id
    from source.dispatch_state s
    left join source.dispatch_instruction i on i.id   = s.instruction_id
    left join source.dispatch_patient     p on p.id   = i.patient_id
    left join migrated.orders             o on o._key = i.id
    left join migrated.cases              c on c._key = i.patient_id
    left join migrated.profiles           u on u._key = s.actor_id
),

-- Rows of one outcome are numbered among themselves, so what is rejected leaves no gap.
numbered as (
    select
        j.*,
        row_number() over (partition by j.outcome, j.patient_id order by j.created_at, j.id) as sequence_no,
        lag(j.state) over (partition by j.outcome, j.patient_id order by j.created_at, j.id) as previous_state
    from judged j
)

select
    s.id                                                       as _key,
    s.outcome                                                  as _outcome,
    warnings(s.actor_id is not null and s.known_actor_id is null, 'actor_unknown') as _warnings,
    s.id                                                       as legacy_state_id,
    legacy_uuid('case', s.patient_id)                          as case_id,
    legacy_uuid('order', s.instruction_id)                     as order_id,
    s.state                                                    as state,
    s.previous_state                                           as previous_state,
    cast(s.sequence_no as int)                                 as sequence_no,
    s."on"                                                     as is_on,
    legacy_uuid('profile', s.known_actor_id)                   as actor_id,
    s.known_actor_id is null                                   as is_system_generated,
    'dispatch status ' || s.status || case when s."on" then ' set' else ' withdrawn' end as reason,
    json_merge(
        row_json(s._row),
        json_object(
            'case_state',     s.state,
            'previous_state', s.previous_state,
            'actor',          case
                when s.known_actor_id is not null then 'known'
                when s.actor_id is not null       then 'unknown'
                else                                   'none'
            end
        )
    )                                                          as metadata,
    s.created_at                                               as created_at
from numbered s
