-- Scans need the order of their instruction.
create table oracle_scans as
select
    s.id::bigint as key,
    oracle_outcome('scan', s.id, r.reason) as outcome,
    r.reason     as reason,
    '{}'::text[] as warnings,
    case when r.reason is null and not oracle_is_adopted('scan', s.id) then jsonb_build_object(
        'id', oracle_uuid('scan', s.id),
        'legacy_id', s.id,
        'order_id', oracle_uuid('order', s.instruction_id),
        'kind', s.kind,
        'resolution_mm', s.resolution,
        'dose_usv', s.dose,
        'taken_at', s.taken_at,
        'metadata', oracle_source(to_jsonb(s), 'dispatch_scan'),
        'created_at', s.created_at
    ) end        as row
from dispatch_scan s
cross join lateral (
    select case (select o.outcome from oracle_orders o where o.key = s.instruction_id)
        when 'migrated' then null
        when 'adopted' then null
        when 'rejected' then 'order_not_migrated'
        else 'missing_instruction'
    end as reason
) r;

alter table oracle_scans add primary key (key);
