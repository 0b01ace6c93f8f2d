-- Instructions as numbers: id, kind, number within the kind (nth), patient, when they were made, doctor reference.
-- 23,272 at A, 25,012 at C. The nth of a kind is the first order of the nth patient of that kind; when each patient
-- has one, the rest go to any.
with dealt as (
    select phase, kind, first, unnest(generate_series(first, last)) as ordinal
    from sample._figures
    where deck = 'instruction'
),
placed as (
    select
        i.phase, i.kind, i.ordinal, i.ordinal - i.first as nth,
        case
            when i.kind = 'stock'                       then null
            when i.ordinal - i.first < p.n              then p.first + i.ordinal - i.first
            when i.kind = 'ordinary_new' and rnd($seed + 21, i.ordinal) % 3 = 0
                                                        then old.first + rnd($seed + 22, i.ordinal) % old.n
            when i.kind in ('no_doctor', 'deleted_new') then p.first + (i.ordinal - i.first) % p.n
            else                                             p.first + rnd($seed + 22, i.ordinal) % p.n
        end as patient_id
    from (select first, n from sample._figures where deck = 'patient' and kind = 'ordinary') old
    cross join dealt i
    left join (select kind, first, n from sample._figures where deck = 'patient') p on p.kind = i.kind
),
numbered as (
    select
        i.*, p.phase as patient_phase, p.at as patient_at, p.doctor_id as patient_doctor_id, t.a_end, t.b_end, t.day,
        cast(row_number() over (partition by i.patient_id, i.phase order by i.ordinal) as bigint) as visit,
        count(*) over (partition by i.patient_id, i.phase)                                        as visits,
        i.kind in ('ordinary', 'deleted_old', 'ordinary_new', 'deleted_new')                      as repairable
    from sample._epoch t
    cross join placed i
    left join sample._patients p on p.id = i.patient_id
),
-- A patient's orders of A lie evenly between the patient's coming and A, two months apart at most
spaced as (
    select *,
        rnd($seed + 23, ordinal) as luck,
        least(60 * day, (a_end - patient_at) / (visits + 1)) as gap,
        cast(row_number() over (partition by phase, repairable order by rnd($seed + 24, ordinal), ordinal) as bigint)
            as rank,
        count(*) over (partition by phase, repairable) as of_all
    from numbered
),
made as (
    select *,
        case
            when phase = 'A'          then patient_at + gap * (visit - 1) + gap / 4 + luck % (gap / 2)
            when kind = 'deleted_new' then a_end + 11 * day + luck % (4 * day)
            when kind = 'ordinary_new' and patient_phase = 'B'
                                      then patient_at + luck % (b_end - patient_at - day)
            else                           a_end + luck % (b_end - a_end - day)
        end as at
    from spaced
)
select
    cast(row_number() over (order by m.at, m.ordinal) as bigint) as id,
    m.phase, m.kind, m.nth, m.patient_id, m.at,
    case
        when m.kind = 'stock'                                  then d.user_id
        when not m.repairable and m.nth % 5 = 4                then null
        when not m.repairable                                  then 500001 + rnd($seed + 25, m.ordinal) % 3000
        -- doctor_repaired: of the 23,050 that the August rules load at A, 20,529 name one of the dropped table
        when (2 * m.rank - 1) * 23050 / (2 * m.of_all) < 20529 then 500001 + rnd($seed + 25, m.ordinal) % 3000
        -- another doctor than the patient's
        when rnd($seed + 26, m.ordinal) % 4 = 0                then d.user_id
        else m.patient_doctor_id
    end as doctor_id
from (select cast(sum(n) as bigint) as n from sample._figures where deck = 'doctor' and phase = 'A') doctors
cross join made m
left join sample._doctors d on d.doctor = 1 + rnd($seed + 27, m.ordinal) % doctors.n
