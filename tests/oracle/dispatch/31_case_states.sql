-- States 11 and 12 of an order are the history of its patient's case.
create table oracle_case_states as
with judged as materialized (
    select s.*, i.patient_id, r.reason
    from dispatch_state s
    left join dispatch_instruction i on i.id = nullif(s.instruction_id, 0)
    cross join lateral (
        select case
            when s.status <> all (array[11, 12]) then 'order_state'
            when i.id is null then 'invalid_reference'
            when exists (select from oracle_orders o where o.key = i.id and o.outcome = 'rejected')
                then 'order_not_migrated'
            when i.patient_id is null then 'invalid_reference'
            when exists (select from oracle_cases c where c.key = i.patient_id and c.outcome = 'rejected') then
                case
                    when exists (
                        select from dispatch_patient p where p.id = i.patient_id and p.deleted_at < s.created_at
                    ) then 'case_removed_before_state'
                    else 'case_not_migrated'
                end
        end as reason
    ) r
)
select
    j.id::bigint as key,
    case j.reason when 'order_state' then 'skipped' else oracle_outcome('case_state', j.id, j.reason) end as outcome,
    j.reason     as reason,
    case when j.actor_id is not null and u.id is null then array['actor_unknown'] else '{}' end as warnings,
    case when j.reason is null and not oracle_is_adopted('case_state', j.id) then jsonb_build_object(
        'id', oracle_uuid('case_state', j.id),
        'legacy_state_id', j.id,
        'case_id', oracle_uuid('case', j.patient_id),
        'order_id', oracle_uuid('order', j.instruction_id),
        'state', n.state,
        'previous_state', before.state,
        'sequence_no', before.states + 1,
        'is_on', j."on",
        'actor_id', oracle_uuid('profile', u.id),
        'is_system_generated', u.id is null,
        'reason', format('dispatch status %s %s', j.status, case when j."on" then 'set' else 'withdrawn' end),
        'metadata', oracle_source(to_jsonb(s), 'dispatch_state') || jsonb_build_object(
            'case_state', n.state,
            'previous_state', before.state,
            'actor', case when u.id is not null then 'known' when j.actor_id is null then 'none' else 'unknown' end
        ),
        'created_at', j.created_at
    ) end        as row
from judged j
join dispatch_state s on s.id = j.id
left join auth_user u on u.id = j.actor_id
cross join lateral (select ('{"11": "treatment_active", "12": "case_closed"}'::jsonb) ->> j.status::text as state) n
cross join lateral (
    -- Each earlier state of the same case, and the last of them.
    select
        count(*) as states,
        (array_agg(
            case e.status when 11 then 'treatment_active' else 'case_closed' end
            order by e.created_at desc, e.id desc
        ))[1] as state
    from judged e
    where e.reason is null and e.patient_id = j.patient_id and (e.created_at, e.id) < (j.created_at, j.id)
) before;

alter table oracle_case_states add primary key (key);
