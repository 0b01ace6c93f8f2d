-- How the ids of auth_user are dealt out (one row), oldest first: staff, doctors, patients; then, between A and B, new
-- doctors and new patients. The last doctors of A (doctor_patients) have no user of their own here: they are patients
-- as well, and share that user.
select
    staff,
    doctors_a - doctor_patients                                      as doctors_a,
    doctor_patients,
    patients_a,
    doctors_b,
    patients_b,
    staff + doctors_a - doctor_patients                              as before_patients_a,
    staff + doctors_a - doctor_patients + patients_a                 as users_a,
    staff + doctors_a - doctor_patients + patients_a + doctors_b     as before_patients_b,
    staff + doctors_a - doctor_patients + patients_a + doctors_b + patients_b as users
from (
    select *, greatest(2, users_planned - (doctors_a - doctor_patients) - patients_a) as staff
    from (
        select
            cast(sum(case when deck = 'doctor' and phase = 'A' then n else 0 end) as bigint)  as doctors_a,
            cast(sum(case when deck = 'doctor' and phase = 'B' then n else 0 end) as bigint)  as doctors_b,
            cast(sum(case when deck = 'doctor_patient' then n else 0 end) as bigint)          as doctor_patients,
            cast(sum(case when deck = 'patient' and phase = 'A' then n else 0 end) as bigint) as patients_a,
            cast(sum(case when deck = 'patient' and phase = 'B' then n else 0 end) as bigint) as patients_b,
            cast(sum(case when deck = 'user' then n else 0 end) as bigint)                    as users_planned
        from sample._figures
    )
)
