-- dispatch_patient_doctor: 7,178 at C. 7,149 name the patient's own doctor, 29 one of the dropped table
-- dispatch_doctor: doctor_not_migrated.
with candidates as (
    select
        p.id as patient_id, p.phase, p.at, p.doctor_id,
        cast(row_number() over (partition by p.phase order by p.id) as bigint)
            + case p.phase when 'A' then 0 else f.before_b end as ordinal
    from (select cast(sum(n) as bigint) as before_b from sample._figures where deck = 'patient_doctor' and phase = 'A') f
    cross join sample._patients p
    where p.kind in ('ordinary', 'ordinary_new')
),
dealt as (
    select c.*, f.kind, t.until,
        c.at + 1 + rnd($seed + 67, c.patient_id) % (case c.phase when 'A' then t.a_end else t.b_end end - c.at - 1)
            as made_at
    from sample._epoch t
    cross join candidates c
    join sample._figures f on f.deck = 'patient_doctor' and f.phase = c.phase and c.ordinal between f.first and f.last
),
numbered as (
    select *, row_number() over (order by made_at, patient_id) as id from dealt
)
select
    cast(id as int) as id,
    cast(patient_id as int) as patient_id,
    cast(case kind when 'stale' then 500001 + rnd($seed + 68, patient_id) % 3000 else doctor_id end as int)
        as doctor_id,
    kind = 'loaded' as is_primary,
    arrow_cast(made_at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from numbered
where made_at < until
