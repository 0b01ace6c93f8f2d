/*---
source      = "dispatch_state"
key         = "id"
entity      = "order_state"
accept      = 0.94
description = "The history of each order, all statuses of it."

[remedies]
invalid_reference  = "Find the order that the state belongs to."
order_not_migrated = "Recover the order, and they follow."
---*/

-- Every state is one of its order, those of the case too. It needs an order that is there; the patient does not
-- matter. The codes are those of the orders; one that is none of them is kept as unknown, with a warning. Without a
-- known actor the state counts as made by the system; an actor who is named but unknown is a warning.

with named as (
    select
        s.id,
        case s.status
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
        end                                                    as state
    from source.dispatch_state s
)

select
    s.id                                                       as _key,
    case
        when i.id is null   then reject('invalid_reference', 'orders', s.instruction_id)
        when o._key is null then reject('order_not_migrated', 'orders', i.id)
        else                     migrate()
    end                                                        as _outcome,
    warnings(
        s.actor_id is not null and u._key is null, 'actor_unknown',
        n.state = 'unknown', 'status_unknown'
    )                                                          as _warnings,
    s.id                                                       as legacy_state_id,
    legacy_uuid('order', i.id)                                 as order_id,
    n.state                                                    as state,
    s."on"                                                     as is_on,
    case when u._key is not null then legacy_uuid('profile', s.actor_id) end as actor_id,
    u._key is null                                             as is_system_generated,
    json_merge(
        row_json(s._row),
        json_object(
            'order_state', n.state,
            'actor',       case
                when u._key is not null     then 'known'
                when s.actor_id is not null then 'unknown'
                else                             'none'
            end
        )
    )                                                          as metadata,
    s.created_at                                               as created_at
from source.dispatch_state s
left join named                       n on n.id   = s.id
left join source.dispatch_instruction i on i.id   = s.instruction_id
left join migrated.orders             o on o._key = i.id
left join migrated.profiles           u on u._key = s.actor_id
