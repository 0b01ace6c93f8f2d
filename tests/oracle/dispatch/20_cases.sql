-- One case a patient, unless deleted or without an instruction.
create table oracle_cases as
select
    p.id::bigint                          as key,
    oracle_outcome('case', p.id, r.reason) as outcome,
    r.reason                              as reason,
    '{}'::text[]                          as warnings,
    case when r.reason is null and not oracle_is_adopted('case', p.id) then jsonb_build_object(
        'id', oracle_uuid('case', p.id),
        'legacy_id', p.id,
        'patient_id', oracle_uuid('patient', p.id),
        'workflow_legacy_id', w.id,
        'workflow_template_legacy_id', w.template_id,
        'workflow_state', w.state,
        'workflow_started_at', w.created_at,
        'metadata', oracle_source(to_jsonb(p), 'dispatch_patient')
            || jsonb_build_object('instruction_count', r.instructions, 'has_workflow', w.id is not null),
        'created_at', p.created_at
    ) end                                 as row
from dispatch_patient p
cross join lateral (
    select
        count(*) as instructions,
        case when p.is_deleted then 'patient_deleted' when count(*) = 0 then 'patient_without_order' end as reason
    from dispatch_instruction i
    where i.patient_id = p.id
) r
left join (
    select distinct on (patient_id) * from dispatch_instance order by patient_id, created_at desc, id desc
) w on w.patient_id = p.id;

alter table oracle_cases add primary key (key);
