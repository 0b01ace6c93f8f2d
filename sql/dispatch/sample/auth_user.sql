-- auth_user: 9,085 / 9,805 / 9,805 users: staff, doctors and patients in the order of _roster.sql.
-- Every 150th has the e-mail of an older user, in other letters; two of every 400 have none ('').
with users as (
    select
        case when g.id <= r.users_a then 'A' else 'B' end as phase,
        g.id,
        case
            when g.id <= r.staff             then 'staff'
            when g.id <= r.before_patients_a then 'doctor'
            when g.id <= r.users_a           then 'patient'
            when g.id <= r.before_patients_b then 'doctor'
            else 'patient'
        end as role,
        case
            when g.id <= r.before_patients_a then null
            when g.id <= r.users_a           then g.id - r.before_patients_a
            when g.id <= r.before_patients_b then null
            else                                  g.id - r.before_patients_b + r.patients_a
        end as patient_id,
        r.before_patients_a,
        rnd($seed + 61, g.id) as luck
    from sample._roster r
    cross join (select unnest(generate_series(1, users)) as id from sample._roster) g
),
timed as (
    select
        u.*,
        case
            -- a patient's user is made just before the patient
            when p.id is not null and u.phase = 'A' then p.at - t.minute - u.luck % (59 * t.minute)
            when p.id is not null                   then t.a_end + (p.at - t.a_end) / 2
            when u.phase = 'B'                      then t.a_end + u.luck % (t.b_end - t.a_end)
            -- staff and doctors of A: from June 2016 to the end of 2016, so that whom they treat comes later
            else 1464739200000000 + u.id * (214 * t.day / u.before_patients_a) + u.luck % t.hour
        end as at
    from sample._epoch t
    cross join users u
    left join sample._patients p on p.id = u.patient_id
),
named as (
    select u.*, a.given, b.family,
        concat(
            case u.role when 'patient' then 'p.' when 'doctor' then 'dr.' else 'lab.' end,
            lpad(cast(u.id as text), 6, '0')) as username
    from timed u
    join sample._names a on a.culture = u.luck % 6 and a.no = u.luck / 6 % 8
    join sample._names b on b.culture = u.luck % 6 and b.no = u.luck / 48 % 8
),
paired as (
    select *, lag(username, 3) over (order by id) as older from named
)
select
    cast(u.id as int) as id,
    u.username,
    case
        when u.id % 400 in (9, 11)           then ''
        when u.id % 150 = 7 and u.id % 4 = 3 then concat(upper(u.older), '@Example.com')
        when u.id % 150 = 7                  then concat(u.older, '@example.com')
        else                                      concat(u.username, '@example.com')
    end as email,
    u.given as first_name,
    u.family as last_name,
    u.luck / 384 % 25 <> 0 as is_active,
    u.role = 'staff' as is_staff,
    u.id = 1 as is_superuser,
    arrow_cast(u.at, 'Timestamp(Microsecond, Some("UTC"))') as date_joined,
    arrow_cast(
        -- not after the user's own phase: nothing changes between A and B
        case
            when u.luck / 9600 % 5 > 0 then u.at + u.luck % (case u.phase when 'A' then t.a_end else t.b_end end - u.at)
        end,
        'Timestamp(Microsecond, Some("UTC"))') as last_login,
    arrow_cast(u.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._epoch t
cross join paired u
where u.at < t.until
