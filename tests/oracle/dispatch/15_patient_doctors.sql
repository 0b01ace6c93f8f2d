-- A doctor of a patient, where both came over.
create table oracle_patient_doctors as
select
    pd.id::bigint                                      as key,
    oracle_outcome('patient_doctor', pd.id, r.reason)  as outcome,
    r.reason                                           as reason,
    '{}'::text[]                                       as warnings,
    case when r.reason is null and not oracle_is_adopted('patient_doctor', pd.id) then jsonb_build_object(
        'id', oracle_uuid('patient_doctor', pd.id),
        'legacy_id', pd.id,
        'patient_id', oracle_uuid('patient', pd.patient_id),
        'doctor_id', oracle_uuid('doctor', pd.doctor_id),
        'is_primary', pd.is_primary,
        'metadata', oracle_source(to_jsonb(pd), 'dispatch_patient_doctor'),
        'created_at', pd.created_at
    ) end                                              as row
from dispatch_patient_doctor pd
cross join lateral (
    select case
        -- Every patient comes over.
        when pd.patient_id not in (select id from dispatch_patient) then 'patient_not_migrated'
        when not exists (
            select from oracle_doctors d where d.key = pd.doctor_id and d.outcome = any ('{migrated,adopted}')
        ) then 'doctor_not_migrated'
    end as reason
) r;

alter table oracle_patient_doctors add primary key (key);
