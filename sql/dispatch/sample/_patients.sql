-- Patients as numbers: id, kind, when they came (at, microseconds), their user, doctor and own office. 7,854 at A, 8,456 at C.
with dealt as (
    select phase, kind, first, unnest(generate_series(first, last)) as id
    from sample._figures
    where deck = 'patient'
),
shuffled as (
    select
        d.*,
        d.kind not in ('no_doctor', 'no_doctor_no_office') as has_doctor,
        -- the part of the patients of A that came before this one, in millionths
        case when d.phase = 'A' then (d.id - 1) * 1000000 / r.patients_a else 0 end as part,
        -- so that homes do not follow the ids
        cast(row_number() over (partition by d.kind not in ('no_doctor', 'no_doctor_no_office') order by rnd($seed + 12, d.id), d.id) as bigint) as rank,
        r.patients_a, r.before_patients_a, r.before_patients_b
    from dealt d
    cross join sample._roster r
)
select
    p.id, p.phase, p.kind,
    p.id - p.first as nth,
    case p.kind
        when 'deleted_new'   then t.a_end + 3600000000 + rnd($seed + 11, p.id) % 777600000000               -- within nine days after A
        when 'without_order' then t.a_end + 3600000000 + rnd($seed + 11, p.id) % (t.b_end - t.a_end - 7200000000)
        when 'ordinary_new'  then t.a_end + 3600000000 + rnd($seed + 11, p.id) % 3888000000000              -- within 45 days
        else (g.at_from + (p.part - g.part_from) * (g.at_to - g.at_from) / (g.part_to - g.part_from)) * 1000000
             + rnd($seed + 11, p.id) % 86400000000
    end as at,
    case when p.phase = 'A' then p.before_patients_a + p.id else p.before_patients_b + p.id - p.patients_a end as user_id,
    d.user_id as doctor_id,
    case
        when p.kind = 'no_doctor' then single.first + (p.id - p.first) % single.n
        when h.kind like 'own %'  then office.first + rnd($seed + 14, p.id) % office.n
    end as office_id
from shuffled p
join sample._growth g on p.part >= g.part_from and p.part < g.part_to
cross join sample._epoch t
cross join (select first, n from sample._figures where deck = 'office' and kind = 'single') single
left join (select * from sample._figures where deck = 'home') h on p.has_doctor and p.rank between h.first and h.last
left join (select kind, first, n from sample._figures where deck = 'doctor' and phase = 'A') doctors on doctors.kind = split_part(h.kind, ' ', 2)
left join (select kind, first, n from sample._figures where deck = 'office' and phase = 'A') office on office.kind = split_part(h.kind, ' ', 2)
-- the officeless are dealt out in turn (each has a patient, else nobody would name them), the others at random
left join sample._doctors d
    on d.doctor = doctors.first + case when doctors.kind = 'officeless' then p.rank - h.first else rnd($seed + 13, p.id) end % doctors.n
