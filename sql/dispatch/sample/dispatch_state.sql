-- dispatch_state: 4,751 / 5,547 / 5,547 changes of state. Status 11 = treatment active, 12 = case closed; those of A
-- are all of these two.
with years (first, last, at_from, at_to) as (
    -- by year 2018 … 2025: which of the 4,552 that load at A, and the year's seconds
    values
    (   1,   17, 1514764800, 1546300800),
    (  18,   57, 1546300800, 1577836800),
    (  58,  110, 1577836800, 1609459200),
    ( 111,  339, 1609459200, 1640995200),
    ( 340,  992, 1640995200, 1672531200),
    ( 993, 1655, 1672531200, 1704067200),
    (1656, 3400, 1704067200, 1735689600),
    (3401, 4552, 1735689600, 1755561600)
),
-- Of each case the states in their order, with other cases' states between them
histories as (
    select
        kind, weight,
        cast(row_number() over (order by rnd($seed + 51, ordinal), ordinal) as bigint) as case_no,
        count(*) over () as cases
    from (
        select kind, weight, unnest(generate_series(first, last)) as ordinal from sample._figures where deck = 'history'
    )
),
ranked as (
    select kind, case_no, cases, step,
        cast(row_number() over (order by case_no + step * (1 + cases / 20), case_no, step) as bigint) as rank,
        count(*) over () as of_all
    from (select *, unnest(generate_series(1, weight)) as step from histories)
),
spaced as (
    select
        r.*, y.at_from * 1000000 as year_from, (y.at_to - y.at_from) * 1000000 as year_span,
        cast(row_number() over (partition by y.first order by r.rank) as bigint)             as year_rank,
        count(*) over (partition by y.first)                                                 as year_rows,
        cast(row_number() over (order by rnd($seed + 52, r.rank), r.rank) as bigint)         as actor_rank
    from ranked r
    join years y on (2 * r.rank - 1) * 4552 / (2 * r.of_all) + 1 between y.first and y.last
),
-- The other states: on which kind of order, the status, and between which days after A they were made (NULL: some time
-- after the order)
targets (phase, kind, instruction_kind, status, day_from, day_to) as (
    values
    ('A', 'no_doctor active', 'no_doctor',    '11', null, null),
    ('A', 'no_doctor closed', 'no_doctor',    '12', null, null),
    ('B', 'loaded',           'ordinary',     'either', 0,   61),
    ('B', 'other_status',     'ordinary',     'other',  0,   61),
    ('B', 'before_removal',   'deleted_new',  'either', 16,  39),       -- they are deleted on day 40
    ('B', 'after_removal',    'deleted_new',  'either', 42,  61),       -- the first: on the patient deleted before A
    ('B', 'instruction_null', 'null',         'either', 0,   61),
    ('B', 'instruction_zero', 'zero',         'either', 0,   61),
    ('B', 'stock',            'stock',        'either', null, null)
),
aimed as (
    select
        0 as source, s.rank as ordinal, 'A' as phase, 'ordinary' as instruction_kind,
        -- spread over the first nine tenths of the patients: the nth ordinary instruction is the nth patient's first
        (s.case_no - 1) * (p.n * 9 / 10) / s.cases as instruction_nth,
        case substr(s.kind, cast(cast(s.step as bigint) as int), 1) when 'a' then 11 else 12 end as status,
        -- 195 actors are NULL or unknown users, in turn
        case
            when s.actor_rank > greatest(2, (195 * s.of_all + 2276) / 4552) then 'known'
            when s.actor_rank % 2 = 1                                       then 'unknown'
            else 'null'
        end as actor,
        s.year_from + (s.year_rank - 1) * s.slot + rnd($seed + 53, s.rank) % s.slot as at
    from (select n from sample._figures where deck = 'patient' and kind = 'ordinary') p
    cross join (select *, year_span / year_rows as slot from spaced) s
    union all
    select
        1, d.ordinal, d.phase,
        case when d.kind = 'after_removal' and d.ordinal = d.first then 'deleted_old' else g.instruction_kind end,
        case
            when d.kind = 'after_removal' and d.ordinal = d.first then 0
            when g.instruction_kind = 'ordinary'                  then rnd($seed + 57, d.ordinal) % i.n
            else                                                       (d.ordinal - d.first) % i.n
        end,
        case g.status
            when '11'    then 11
            when '12'    then 12
            when 'other' then 1 + rnd($seed + 54, d.ordinal) % 10
            else              11 + rnd($seed + 54, d.ordinal) % 2
        end,
        case rnd($seed + 55, d.ordinal) % 30 when 0 then 'unknown' when 1 then 'null' else 'known' end,
        t.a_end + g.day_from * t.day + rnd($seed + 56, d.ordinal) % ((g.day_to - g.day_from) * t.day)
    from sample._epoch t
    cross join (
        select phase, kind, first, unnest(generate_series(first, last)) as ordinal
        from sample._figures
        where deck = 'state' and not (phase = 'A' and kind = 'loaded')
    ) d
    join targets g on g.phase = d.phase and g.kind = d.kind
    left join (select kind, n from sample._figures where deck = 'instruction') i on i.kind = g.instruction_kind
),
placed as (
    select
        a.source, a.ordinal, a.status, a.actor,
        case a.instruction_kind when 'zero' then 0 else i.id end as instruction_id,
        coalesce(
            a.at,
            i.at + 1 + rnd($seed + 56, a.ordinal) % (case a.phase when 'A' then t.a_end else t.b_end end - i.at - 1)
        ) as at
    from sample._epoch t
    cross join aimed a
    left join sample._instructions i on i.kind = a.instruction_kind and i.nth = a.instruction_nth
),
numbered as (
    select *, cast(row_number() over (order by at, source, ordinal) as bigint) as id from placed
)
select
    cast(s.id as int) as id,
    cast(s.status as int) as status,
    rnd($seed + 58, s.id) % 25 > 0 as "on",
    cast(case s.actor
        when 'null'    then null
        when 'unknown' then 900001 + rnd($seed + 59, s.id) % 5000
        else 1 + rnd($seed + 59, s.id) % (r.staff + r.doctors_a)
    end as int) as actor_id,
    cast(s.instruction_id as int) as instruction_id,
    arrow_cast(s.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sample._epoch t
cross join numbered s
where s.at < t.until
