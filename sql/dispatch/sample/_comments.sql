-- The comments of kind `root` as numbers: the 5,472 that the August rules load at A, on 3,332 cases, 21 the most on
-- one. Each has its place among all of them (rank, in the order of time), its root plan (nth of that kind), its text
-- and its author.
with years (year, first, last, at_from, at_to, missing) as (
    -- by year: which of the 5,472, the year's seconds, and how many of them have no sender (NULL and unknown users
    -- in turn; 362, so that 5,110 have one)
    values
    (2018,    1,   88, 1514764800, 1546300800,   0),
    (2019,   89,  435, 1546300800, 1577836800,   5),
    (2020,  436,  874, 1577836800, 1609459200,   4),
    (2021,  875, 1897, 1609459200, 1640995200,   6),
    (2022, 1898, 3465, 1640995200, 1672531200,   1),
    (2023, 3466, 3833, 1672531200, 1704067200,   2),
    (2024, 3834, 4996, 1704067200, 1735689600, 293),
    (2025, 4997, 5472, 1735689600, 1755561600,  51)
),
threads as (
    select
        weight,
        cast(row_number() over (order by rnd($seed + 41, ordinal), ordinal) as bigint) as thread,
        count(*) over () as threads
    from (select weight, unnest(generate_series(first, last)) as ordinal from sample._figures where deck = 'thread')
),
-- The messages of a thread come some way apart: other threads go on between them
ranked as (
    select
        thread, threads,
        cast(row_number() over (order by thread + nth * (1 + threads / 130), thread, nth) as bigint) as rank,
        count(*) over () as of_all
    from (select *, unnest(generate_series(1, weight)) as nth from threads)
),
dated as (
    select
        r.*, y.year, y.missing, y.last - y.first + 1 as year_size,
        y.at_from * 1000000 as year_from,
        (y.at_to - y.at_from) * 1000000 as year_span
    from ranked r
    join years y on (2 * r.rank - 1) * 5472 / (2 * r.of_all) + 1 between y.first and y.last
),
dealt as (
    select
        d.*,
        cast(row_number() over (partition by year order by rank) as bigint)                        as year_rank,
        cast(row_number() over (partition by year order by rnd($seed + 42, rank), rank) as bigint) as author_rank,
        cast(row_number() over (order by rnd($seed + 43, rank), rank) as bigint)                   as text_rank,
        count(*) over (partition by year)                                                          as year_rows
    from dated d
)
select
    d.rank,
    -- spread over the first nine tenths of the patients: the nth root plan is of the nth patient's first order
    (d.thread - 1) * (p.n * 9 / 10) / d.threads as plan_nth,
    p.first + (d.thread - 1) * (p.n * 9 / 10) / d.threads as patient_id,
    case
        when d.text_rank = d.of_all then 5472
        when d.text_rank = 1        then 1
        else (2 * d.text_rank - 1) * 5472 / (2 * d.of_all) + 1
    end as text_no,
    case
        when d.author_rank > (d.missing * d.year_rows + d.year_size / 2) / d.year_size then 'known'
        when d.author_rank % 2 = 1                                                     then 'unknown'
        else 'null'
    end as author,
    d.year_from + (d.year_rank - 1) * d.step + rnd($seed + 44, d.rank) % d.step as at
from (select first, n from sample._figures where deck = 'patient' and kind = 'ordinary') p
cross join (select *, year_span / year_rows as step from dealt) d
