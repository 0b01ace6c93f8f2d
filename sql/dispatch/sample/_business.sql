-- The rows of those decks of the business that hang on nothing older, as numbers: id, kind, number within the phase's
-- kind (nth), when they were made, and luck to draw from. In the order of time, at random within their phase.
with starts (deck, offset, at_from, at_to) as (
    values
    ('product',    500, 1464739200000000, 1546300800000000),        -- from June 2016 to 2018, so that sales come later
    ('project',    502, 1514764800000000, null),                    -- from 2018
    ('purchase',   504, 1546300800000000, null),                    -- from 2019
    ('setting',    506, 1464739200000000, null),
    ('metadata',   508, 1464739200000000, null),
    ('preference', 510, 1514764800000000, null),
    ('event',      512, 1672531200000000, null)                     -- from 2023
),
dealt as (
    select
        f.deck, f.phase, f.kind, f.first, unnest(generate_series(f.first, f.last)) as ordinal,
        s.offset, s.at_from, s.at_to
    from sample._figures f
    join starts s on s.deck = f.deck
),
drawn as (
    select
        d.deck, d.phase, d.kind, d.ordinal, d.ordinal - d.first as nth,
        rnd($seed + d.offset, d.ordinal)     as luck,
        rnd($seed + d.offset + 1, d.ordinal) as when_luck,
        case d.phase when 'A' then d.at_from                  when 'B' then t.a_end else t.b_end end as at_from,
        case d.phase when 'A' then coalesce(d.at_to, t.a_end) when 'B' then t.b_end else t.c_end end as at_to
    from sample._epoch t
    cross join dealt d
),
dated as (
    select *, at_from + when_luck % (at_to - at_from) as at from drawn
)
select
    deck, phase, kind, ordinal, nth, luck, at,
    cast(row_number() over (partition by deck order by at, ordinal) as bigint) as id
from dated
