-- August 2025: an order needs a doctor: the instruction's or the patient's.
create table oracle_orders as
select
    i.id::bigint                             as key,
    oracle_outcome('order', i.id, r.reason)  as outcome,
    r.reason                                 as reason,
    array_remove(array[
        case when r.doctor_source = 'patient' then 'doctor_repaired' end,
        case when i.patient_id is null then 'no_patient' end,
        case when oracle_status(i.status) = 'unknown' then 'status_unknown' end
    ], null)                                 as warnings,
    case when r.reason is null and not oracle_is_adopted('order', i.id) then jsonb_build_object(
        'id', oracle_uuid('order', i.id),
        'legacy_instruction_id', i.id,
        'patient_id', oracle_uuid('patient', i.patient_id),
        'doctor_id', oracle_uuid('doctor', r.doctor_id),
        'status', oracle_status(i.status),
        'kind', i.kind,
        'notes', i.notes,
        'submitted_at', i.submitted_at,
        'is_active', i.is_deleted is not true,
        'metadata', oracle_source(to_jsonb(i), 'dispatch_instruction')
            || jsonb_build_object('order_status', oracle_status(i.status), 'doctor_source', r.doctor_source),
        'created_at', i.created_at
    ) end                                    as row
from dispatch_instruction i
left join lateral (
    -- The candidates in their order of rank; the first that is a doctor of ours.
    select c.doctor_id, c.doctor_source
    from (
        select 1 as place, 'instruction' as doctor_source, i.doctor_id
        union all
        select 2, 'patient', p.doctor_id from dispatch_patient p where p.id = i.patient_id
    ) c
    where exists (select from oracle_doctors d where d.key = c.doctor_id and d.outcome in ('migrated', 'adopted'))
    order by c.place
    limit 1
) found on true
cross join lateral (
    select
        found.doctor_id,
        coalesce(found.doctor_source, 'none') as doctor_source,
        case
            when i.patient_id is null then null
            when not exists (select from dispatch_patient p where p.id = i.patient_id) then 'patient_not_migrated'
            when found.doctor_id is null then 'missing_doctor'
        end as reason
) r;

alter table oracle_orders add primary key (key);
