/*---
title = "Whatever the practice's rows refer to is there"
---*/

with refs (flow, reference, _key, id) as (
    select 'profiles', 'auth_users', _key, id from migrated.profiles
    union all
    select 'doctors', 'profiles', _key, profile_id from migrated.doctors
    union all
    select 'doctors', 'offices', _key, unnest(office_ids) from migrated.doctors
    union all
    select 'patients', 'profiles', _key, profile_id from migrated.patients
    union all
    select 'patients', 'doctors', _key, doctor_id from migrated.patients
    union all
    select 'patients', 'offices', _key, office_id from migrated.patients
    union all
    select 'cases', 'patients', _key, patient_id from migrated.cases
    union all
    select 'orders', 'patients', _key, patient_id from migrated.orders
    union all
    select 'orders', 'doctors', _key, doctor_id from migrated.orders
    union all
    select 'order_cases', 'orders', _key, order_id from migrated.order_cases
    union all
    select 'order_cases', 'cases', _key, case_id from migrated.order_cases
    union all
    select 'treatment_plans', 'orders', _key, order_id from migrated.treatment_plans
    union all
    select 'treatment_plans', 'treatment_plans', _key, parent_plan_id from migrated.treatment_plans
    union all
    select 'treatment_plans', 'treatment_plans', _key, root_plan_id from migrated.treatment_plans
    union all
    select 'case_messages_comments', 'cases', _key, case_id from migrated.case_messages_comments
    union all
    select 'case_messages_comments', 'orders', _key, order_id from migrated.case_messages_comments
    union all
    select 'case_messages_comments', 'treatment_plans', _key, treatment_plan_id from migrated.case_messages_comments
    union all
    select 'case_messages_comments', 'profiles', _key, sender_id from migrated.case_messages_comments
    union all
    select 'case_states', 'cases', _key, case_id from migrated.case_states
    union all
    select 'case_states', 'orders', _key, order_id from migrated.case_states
    union all
    select 'case_states', 'profiles', _key, actor_id from migrated.case_states
    union all
    select 'order_states', 'orders', _key, order_id from migrated.order_states
    union all
    select 'order_states', 'profiles', _key, actor_id from migrated.order_states
    union all
    select 'system_messages', 'profiles', _key, recipient_id from migrated.system_messages
),

there (reference, id) as (
    select 'auth_users', id from migrated.auth_users
    union all
    select 'profiles', id from migrated.profiles
    union all
    select 'offices', id from migrated.offices
    union all
    select 'doctors', id from migrated.doctors
    union all
    select 'patients', id from migrated.patients
    union all
    select 'cases', id from migrated.cases
    union all
    select 'orders', id from migrated.orders
    union all
    select 'treatment_plans', id from migrated.treatment_plans
)

select r._key, r.flow, r.reference
from refs r
left anti join there t on t.reference = r.reference and t.id = r.id
where r.id is not null
order by r.flow, r._key
