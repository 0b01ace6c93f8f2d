-- Patients as numbers: id, kind, when they came (at), their user, doctor and own office. 7,854 at A, 8,456 at C.
with dealt as (
    select
        phase, kind, first, unnest(generate_series(first, last)) as id,
        kind not in ('no_doctor', 'no_doctor_no_office') as has_doctor
    from sample._figures
    where deck = 'patient'
),
shuffled as (
    select
        d.*, r.patients_a, r.before_patients_a, r.before_patients_b,
        -- the part of the patients of A that came before this one, in millionths
        case when d.phase = 'A' then (d.id - 1) * 1000000 / r.patients_a else 0 end as part,
        -- so that homes do not follow the ids
        cast(row_number() over (partition by d.has_doctor order by rnd($seed + 12, d.id), d.id) as bigint) as rank
    from sample._roster r
    cross join dealt d
),
homes as (
    select kind, split_part(kind, ' ', 1) as way, split_part(kind, ' ', 2) as place, first, last, fill
    from sample._figures
    where deck = 'home'
),
-- Not those who are patients as well: they came later
doctors as (
    select kind, first, case kind when 'us' then greatest(1, n - doctor_patients) else n end as n
    from sample._roster
    cross join sample._figures
    where deck = 'doctor' and phase = 'A'
),
offices as (
    select kind, first, n from sample._figures where deck = 'office' and phase = 'A'
)
select
    p.id, p.phase, p.kind,
    p.id - p.first as nth,
    case p.kind
        when 'deleted_new'   then t.a_end + t.hour + rnd($seed + 11, p.id) % (9 * t.day)
        when 'without_order' then t.a_end + t.hour + rnd($seed + 11, p.id) % (t.b_end - t.a_end - 2 * t.hour)
        when 'ordinary_new'  then t.a_end + t.hour + rnd($seed + 11, p.id) % (45 * t.day)
        else (g.at_from + (p.part - g.part_from) * (g.at_to - g.at_from) / (g.part_to - g.part_from)) * 1000000
             + rnd($seed + 11, p.id) % t.day
    end as at,
    case p.phase
        when 'A' then p.before_patients_a + p.id
        else          p.before_patients_b + p.id - p.patients_a
    end as user_id,
    d.user_id as doctor_id,
    case
        when p.kind = 'no_doctor' then single.first + (p.id - p.first) % single.n
        when h.way = 'own'        then office.first + rnd($seed + 14, p.id) % office.n
    end as office_id
from sample._epoch t
cross join (select first, n from offices where kind = 'single') single
cross join shuffled p
join sample._growth g on p.part >= g.part_from and p.part < g.part_to
left join homes   h      on p.has_doctor and p.rank >= h.first and (p.rank <= h.last or h.fill)
left join offices office on office.kind = h.place
left join doctors        on doctors.kind = h.place
-- the officeless are dealt out in turn (each has a patient, else nobody would name them), the others at random
left join sample._doctors d
    on d.doctor = doctors.first
                  + case h.place when 'officeless' then p.rank - h.first else rnd($seed + 13, p.id) end % doctors.n
