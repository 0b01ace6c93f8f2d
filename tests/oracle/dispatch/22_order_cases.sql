-- A loaded order belongs to the case of its patient; stock orders have none.
create table oracle_order_cases as
select
    i.id::bigint as key,
    case r.reason when 'no_patient' then 'skipped' else oracle_outcome('order_case', i.id, r.reason) end as outcome,
    r.reason     as reason,
    '{}'::text[] as warnings,
    case when r.reason is null and not oracle_is_adopted('order_case', i.id) then jsonb_build_object(
        'id', oracle_uuid('order_case', i.id),
        'legacy_id', i.id,
        'order_id', oracle_uuid('order', i.id),
        'case_id', oracle_uuid('case', i.patient_id),
        'metadata', oracle_source(to_jsonb(i), 'dispatch_instruction')
            || jsonb_build_object('case_legacy_id', i.patient_id),
        'created_at', i.created_at
    ) end        as row
from dispatch_instruction i
cross join lateral (
    select case
        when (select o.outcome from oracle_orders o where o.key = i.id) = 'rejected' then 'order_not_migrated'
        when i.patient_id is null then 'no_patient'
        when not exists (select from oracle_cases c where c.key = i.patient_id and c.outcome <> 'rejected')
            then 'case_not_migrated'
    end as reason
) r;

alter table oracle_order_cases add primary key (key);
