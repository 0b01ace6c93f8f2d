-- dispatch_comment: 15,074 / 16,300 / 16,312 comments on plans. Between B and C 40 texts change.
with plan_kinds as (
    select kind, n from sample._figures where deck = 'plan'
    union all
    select 'cycle', 7 * n from sample._figures where deck = 'plan_cycle'
),
dealt as (
    select phase, kind, first, unnest(generate_series(first, last)) as ordinal
    from sample._figures
    where deck = 'comment' and kind <> 'root'
),
-- All comments, each with the kind of plan it is on (its own kind) and which of them: scattered over the common kinds,
-- in turn over the others
aimed as (
    select
        0 as source, rank as ordinal, 'A' as phase, 'root' as kind, plan_nth, patient_id, text_no, author, at,
        rnd($seed + 47, rank) as luck
    from sample._comments
    union all
    select
        1, d.ordinal, d.phase, d.kind,
        case
            when d.kind in ('revision', 'revision_new', 'root_new') then rnd($seed + 46, d.ordinal) % k.n
            else                                                         (d.ordinal - d.first) % k.n
        end,
        null,
        2 + rnd($seed + 45, d.ordinal) % 5470,
        case
            -- the first two revisions show both kinds of missing sender at any scale
            when d.kind = 'revision' and d.ordinal = d.first     then 'unknown'
            when d.kind = 'revision' and d.ordinal = d.first + 1 then 'null'
            when rnd($seed + 50, d.ordinal) % 90 = 0             then 'unknown'
            when rnd($seed + 50, d.ordinal) % 90 < 5             then 'null'
            else 'known'
        end,
        null,
        rnd($seed + 49, d.ordinal)
    from dealt d
    left join plan_kinds k on k.kind = d.kind
),
-- Their plan, and the time they may have been made in
placed as (
    select
        c.source, c.ordinal, c.phase, c.kind, c.patient_id, c.text_no, c.author, c.at, c.luck,
        coalesce(p.id, 9000001 + c.ordinal) as plan_id,                 -- plan_missing: 61, on plans deleted long ago
        -- after the plan, in its own phase; not before 2019 where there is no plan
        greatest(
            coalesce(p.at, 0),
            case c.phase when 'A' then 1546300800000000 when 'B' then t.a_end else t.b_end end) as at_from,
        case c.phase when 'A' then t.a_end when 'B' then t.b_end else t.c_end end               as at_to,
        t.day
    from sample._epoch t
    cross join aimed c
    left join sample._plans p on p.kind = c.kind and p.nth = c.plan_nth
),
timed as (
    select *,
        coalesce(at, at_from + 1 + rnd($seed + 48, ordinal) % case
            when kind like '%revision%' or kind = 'root_no_doctor' then least(40 * day, at_to - at_from - 1)
            else at_to - at_from - 1
        end) as made_at
    from placed
),
numbered as (
    select *, cast(row_number() over (order by made_at, source, ordinal) as bigint) as id from timed
),
edits as (
    select
        max(case when deck = 'edited' then n end)             as n,
        cast(sum(case when deck = 'comment' and phase in ('A', 'B') then n else 0 end) as bigint)
            / max(case when deck = 'edited' then n end)       as stride
    from sample._figures
)
select
    cast(c.id as int) as id,
    cast(c.plan_id as int) as plan_id,
    cast(case c.author
        when 'null'    then null
        when 'unknown' then 900001 + c.luck % 5000
        else case c.luck % 5
            when 0 then 1 + c.luck / 5 % r.staff
            when 1 then coalesce(r.before_patients_a + c.patient_id, 1 + c.luck / 5 % r.users_a)
            else        r.staff + 1 + c.luck / 5 % r.doctors_a
        end
    end as int) as author_id,
    case
        when t.is_c and c.id % e.stride = 0 and c.id / e.stride <= e.n
            then concat(x.text, chr(10), 'EDIT: see the phone note.')
        else x.text
    end as text,
    arrow_cast(c.made_at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join edits e
cross join sample._epoch t
cross join numbered c
join sample._texts x on x.text_no = c.text_no
where c.made_at < t.until
