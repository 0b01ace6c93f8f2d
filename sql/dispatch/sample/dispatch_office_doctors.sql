-- dispatch_office_doctors: about 1,450 rows: each doctor's office and, every eighth time, a second one in the same
-- country (_doctors.sql).
with links as (
    select doctor, phase, user_id, office_id, 1 as turn from sample._doctors where office_id is not null
    union all
    select doctor, phase, user_id, second_office_id, 2 from sample._doctors where second_office_id is not null
),
timed as (
    select
        l.*, t.until,
        case l.phase
            -- from March 2018 to 2021
            when 'A' then 1488326400000000 + l.doctor * (730 * t.day / f.n) + l.turn * 365 * t.day + l.luck % t.day
            else t.a_end + l.luck % (t.b_end - t.a_end)
        end as at
    from sample._epoch t
    cross join (select cast(sum(n) as bigint) as n from sample._figures where deck = 'doctor' and phase = 'A') f
    cross join (select *, rnd($seed + 64, doctor * 2 + turn) as luck from links) l
),
numbered as (
    select *, row_number() over (order by at, doctor, turn) as id from timed
)
select
    cast(id as int) as id,
    cast(office_id as int) as office_id,
    cast(user_id as int) as user_id,
    arrow_cast(at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from numbered
where at < until
