/*---
source      = "dispatch_patient"
key         = "id"
entity      = "case"
accept      = 0.99
description = "One case a patient."

[remedies]
patient_deleted       = "The pipeline dispatch-default-case gives them a case; or restore the patient."
patient_without_order = "Nothing to lose yet; dispatch-default-case gives them a case all the same."
---*/

-- A patient who is not deleted and has at least one instruction, loaded or not, has one case. Its workflow is that of
-- the patient's newest instance, by (created_at, id), where there is one. No rule here leaves a patient out: only a
-- pipeline with rules of its own for patients can meet patient_not_migrated.
-- A remedy to try: with $default_case, the others have a case too, so that what hangs on it has a place.

with ordered as (
    select i.patient_id, count(*) as instructions
    from source.dispatch_instruction i
    where i.patient_id is not null
    group by i.patient_id
),

ranked_instance as (
    select
        w.id,
        w.patient_id,
        w.template_id,
        w.state,
        w.created_at,
        row_number() over (partition by w.patient_id order by w.created_at desc, w.id desc) as place
    from source.dispatch_instance w
    where w.patient_id is not null
),

newest_instance as (
    select * from ranked_instance where place = 1
)

select
    p.id                                                       as _key,
    case
        when m._key is null       then reject('patient_not_migrated', 'patients', p.id)
        when $default_case        then migrate()
        when p.is_deleted         then reject('patient_deleted')
        when o.patient_id is null then reject('patient_without_order')
        else                           migrate()
    end                                                        as _outcome,
    warnings($default_case and (p.is_deleted or o.patient_id is null), 'default_case') as _warnings,
    p.id                                                       as legacy_id,
    legacy_uuid('patient', p.id)                               as patient_id,
    w.id                                                       as workflow_legacy_id,
    w.template_id                                              as workflow_template_legacy_id,
    w.state                                                    as workflow_state,
    w.created_at                                               as workflow_started_at,
    json_merge(
        row_json(p._row),
        json_object('instruction_count', coalesce(o.instructions, 0), 'has_workflow', w.id is not null)
    )                                                          as metadata,
    p.created_at                                               as created_at
from source.dispatch_patient p
left join migrated.patients m on m._key       = p.id
left join ordered           o on o.patient_id = p.id
left join newest_instance   w on w.patient_id = p.id
