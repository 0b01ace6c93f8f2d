-- dispatch_schedule: 8,200 / 8,900 / 9,000 entries of the calendar, most of them for a patient of A. The users of 28
-- and the patients of 66 are gone; 13 end before they start.
with kinds (no, kind) as (
    values (0, 'appointment'), (1, 'appointment'), (2, 'scan'), (3, 'call'), (4, 'vacation'), (5, 'Teamsitzung "früh"')
),
dealt as (
    select phase, kind, first, unnest(generate_series(first, last)) as ordinal
    from sample._figures
    where deck = 'schedule'
),
drawn as (
    select
        d.*, d.ordinal - d.first as nth,
        rnd($seed + 570, d.ordinal) as luck,
        rnd($seed + 571, d.ordinal) as when_luck,
        rnd($seed + 572, d.ordinal) as patient_luck
    from dealt d
),
placed as (
    select
        d.*, t.until, t.minute, t.day,
        case d.kind when 'patient_gone' then 600001 + d.nth else p.id end as patient_id,
        -- not before the patient came
        case d.phase
            when 'A' then greatest(coalesce(p.at, 0), 1514764800000000)
                          + d.when_luck % greatest(1, t.a_end - greatest(coalesce(p.at, 0), 1514764800000000))
            when 'B' then t.a_end + d.when_luck % (t.b_end - t.a_end)
            else          t.b_end + d.when_luck % (t.c_end - t.b_end)
        end as at
    from sample._epoch t
    cross join (select first, n from sample._figures where deck = 'patient' and kind = 'ordinary') f
    cross join drawn d
    left join sample._patients p
        on d.luck / 6 % 5 > 0 and d.kind <> 'patient_gone' and p.id = f.first + d.patient_luck % f.n
),
numbered as (
    select
        *, cast(row_number() over (order by at, ordinal) as bigint) as id,
        -- on the quarter of an hour, within three months
        (at + luck / 30 % (90 * day)) / (15 * minute) * (15 * minute) as starts
    from placed
)
select
    cast(n.id as int) as id,
    cast(case n.kind
        when 'user_gone' then 900001 + n.luck / 30 % 5000
        else                  1 + n.luck / 30 % (r.staff + r.doctors_a)
    end as int) as user_id,
    cast(n.patient_id as int) as patient_id,
    arrow_cast(n.starts, 'Timestamp(Microsecond, Some("UTC"))') as starts_at,
    arrow_cast(
        case
            when n.kind = 'reversed'   then n.starts - 1 - n.luck / 7 % (3 * n.day) * (n.nth % 2)
            when n.luck / 1000 % 9 = 0 then n.starts                                                -- a moment
            else                            n.starts + (1 + n.luck / 1000 % 12) * 15 * n.minute
        end,
        'Timestamp(Microsecond, Some("UTC"))') as ends_at,
    k.kind,
    arrow_cast(n.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join numbered n
join kinds k on k.no = n.luck % 6
where n.at < n.until
