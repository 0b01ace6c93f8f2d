-- Doctors as numbers, 1,332 of them: the user, and the offices they work in (the second one in every eighth case;
-- none for the officeless). All offices of a doctor are in one country. A doctor of a `single` office is the only one
-- there.
with dealt as (
    select *, unnest(generate_series(first, last)) as doctor
    from sample._figures
    where deck = 'doctor'
),
placed as (
    select
        d.doctor, d.phase, d.kind,
        d.doctor - d.first as nth,
        o.first as office_first,
        o.n     as offices,
        o.first + (d.doctor - d.first) % o.n as office_id
    from dealt d
    left join sample._figures o on o.deck = 'office' and o.phase = d.phase and o.kind = d.kind
)
select
    p.doctor, p.phase, p.kind, p.nth,
    case
        when p.phase = 'B'                then r.users_a + p.doctor - r.doctors_a - r.doctor_patients
        when p.doctor <= r.doctors_a      then r.staff + p.doctor
        -- also a patient: spread over the ordinary ones
        else r.before_patients_a + ordinary.first + (p.doctor - r.doctors_a - 1) * (ordinary.n / r.doctor_patients)
    end as user_id,
    p.office_id,
    case when p.kind <> 'single' and p.nth % 8 = 7 and p.offices > 1
        then p.office_first + (p.nth + p.offices / 2) % p.offices
    end as second_office_id
from sample._roster r
cross join (select first, n from sample._figures where deck = 'patient' and kind = 'ordinary') ordinary
cross join placed p
