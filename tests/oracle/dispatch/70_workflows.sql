-- A template at work for a patient, and for the patient's case if there is one.
create table oracle_workflows as
select
    w.id::bigint                               as key,
    oracle_outcome('workflow', w.id, r.reason) as outcome,
    r.reason                                   as reason,
    array_remove(array[
        case when c.key is null then 'no_case' end,
        case when w.state <> all (array['new', 'running', 'waiting', 'done']) then 'state_unknown' end
    ], null)                                   as warnings,
    case when r.reason is null and not oracle_is_adopted('workflow', w.id) then jsonb_build_object(
        'id', oracle_uuid('workflow', w.id),
        'legacy_id', w.id,
        'template_id', oracle_uuid('template', w.template_id),
        'patient_id', oracle_uuid('patient', w.patient_id),
        'case_id', oracle_uuid('case', c.key),
        'state', case when w.state = any (array['new', 'running', 'waiting', 'done']) then w.state else 'unknown' end,
        'metadata', oracle_source(to_jsonb(w), 'dispatch_instance'),
        'created_at', w.created_at
    ) end                                      as row
from dispatch_instance w
left join oracle_cases c on c.key = w.patient_id and c.outcome in ('migrated', 'adopted')
cross join lateral (
    select case
        when not exists (select from dispatch_template t where t.id = w.template_id) then 'template_not_migrated'
        when not exists (select from dispatch_patient p where p.id = w.patient_id) then 'patient_not_migrated'
    end as reason
) r;

alter table oracle_workflows add primary key (key);
