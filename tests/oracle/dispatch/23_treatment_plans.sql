-- A plan belongs to the order of the instruction at the top of its revisions.
create table oracle_treatment_plans as
select
    p.id::bigint                                     as key,
    oracle_outcome('treatment_plan', p.id, r.reason) as outcome,
    r.reason                                         as reason,
    '{}'::text[]                                     as warnings,
    case when r.reason is null and not oracle_is_adopted('treatment_plan', p.id) then jsonb_build_object(
        'id', oracle_uuid('treatment_plan', p.id),
        'legacy_plan_id', p.id,
        'order_id', oracle_uuid('order', t.instruction_id),
        'parent_plan_id', oracle_uuid('treatment_plan', p.parent_id),
        'root_plan_id', oracle_uuid('treatment_plan', t.top_id),
        'revision', t.steps,
        'plan_number', p.number,
        'notes', p.notes,
        'is_approved', p.is_approved,
        'metadata', oracle_source(to_jsonb(p), 'dispatch_plan')
            || jsonb_build_object('root_plan_legacy_id', t.top_id, 'revision', t.steps),
        'created_at', p.created_at
    ) end                                            as row
from dispatch_plan p
join oracle_plan_top t on t.plan_id = p.id
left join oracle_orders o on o.key = t.instruction_id
cross join lateral (
    select case
        when t.is_cycle then 'plan_cycle'
        -- Every instruction has its line among the orders, so no line means no instruction.
        when o.key is null then 'missing_instruction'
        when o.outcome = 'rejected' then 'order_not_migrated'
    end as reason
) r;

alter table oracle_treatment_plans add primary key (key);
