-- dispatch_feedback: 2,400 ratings of one to five stars; six are none of these (the slider of 2019 began at 0).
with comments (no, comment) as (
    values
    (0, ''), (1, 'Great service!'), (2, 'とても親切でした。'), (3, E'Fits well.\nBut late.'), (4, 'ok'), (5, ''),
    (6, 'They never call back, "tomorrow" they say'), (7, 'Très bien 👍')
),
dealt as (
    select phase, kind, unnest(generate_series(first, last)) as ordinal from sample._figures where deck = 'feedback'
),
timed as (
    select
        d.*, rnd($seed + 231, d.ordinal) as luck,
        p.at_from + rnd($seed + 230, d.ordinal) % (p.at_to - p.at_from) as at
    from dealt d
    join sample._stretches p on p.phase = d.phase
),
numbered as (
    select *, cast(row_number() over (order by at, ordinal) as bigint) as id from timed
)
select
    cast(m.id as int) as id,
    cast(case m.kind
        when 'user_gone' then 900001 + m.luck % 5000
        else r.staff + 1 + m.luck % r.doctors_a
    end as int) as user_id,
    cast(case
        when m.kind = 'rating_odd' then m.luck % 2 * 6
        when m.luck / 3 % 5 = 0    then 1 + m.luck / 15 % 5
        else                            4 + m.luck / 15 % 2
    end as smallint) as rating,
    c.comment,
    arrow_cast(m.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sample._epoch t
cross join numbered m
join comments c on c.no = m.luck / 150 % 8
where m.at < t.until
