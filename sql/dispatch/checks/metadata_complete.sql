/*---
title = "The metadata names the source row and its table"
---*/

with kept (flow, _key, metadata, legacy_key, source_table) as (
    select 'profiles', _key, metadata, '"source_user_id"', '"auth_user"' from migrated.profiles
    union all
    select 'doctors', _key, metadata, '"source_user_id"', '"auth_user"' from migrated.doctors
    union all
    select 'patients', _key, metadata, '"source_patient_id"', '"dispatch_patient"' from migrated.patients
    union all
    select 'cases', _key, metadata, '"source_patient_id"', '"dispatch_patient"' from migrated.cases
    union all
    select 'orders', _key, metadata, '"source_instruction_id"', '"dispatch_instruction"' from migrated.orders
    union all
    select 'order_cases', _key, metadata, '"source_instruction_id"', '"dispatch_instruction"' from migrated.order_cases
    union all
    select 'treatment_plans', _key, metadata, '"source_plan_id"', '"dispatch_plan"' from migrated.treatment_plans
    union all
    select 'case_messages_comments', _key, metadata, '"source_comment_id"', '"dispatch_comment"'
    from migrated.case_messages_comments
    union all
    select 'case_states', _key, metadata, '"source_state_id"', '"dispatch_state"' from migrated.case_states
    union all
    select 'order_states', _key, metadata, '"source_state_id"', '"dispatch_state"' from migrated.order_states
)

select k._key, k.flow
from kept k
where k.metadata is null
   or strpos(k.metadata, k.legacy_key) = 0
   or strpos(k.metadata, k.source_table) = 0
   or strpos(k.metadata, '"migration_source"') = 0
order by k.flow, k._key
