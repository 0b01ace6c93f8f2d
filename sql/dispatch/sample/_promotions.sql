-- Offers and discounts, whole: both tables are of one form. A code is meant to be used once, but old rows were never
-- taken away: a superseded row has the code of a valid one that is newer (the first of its kind: made in the same
-- microsecond, so that the id decides), and every second invalid row has one too, be it older or newer.
with seeds (deck, offset) as (values ('offer', 530), ('discount', 540)),
dealt as (
    select
        f.deck, f.phase, f.kind, f.ordinal, f.ordinal - f.first as nth,
        case f.phase when 'A' then 1546300800000000 when 'B' then t.a_end else t.b_end end as at_from,      -- 2019
        case f.phase when 'A' then t.a_end          when 'B' then t.b_end else t.c_end end as at_to,
        rnd($seed + f.offset, f.ordinal)     as luck,
        rnd($seed + f.offset + 1, f.ordinal) as when_luck
    from sample._epoch t
    cross join (
        select n.deck, n.phase, n.kind, n.first, unnest(generate_series(n.first, n.last)) as ordinal, s.offset
        from sample._figures n
        join seeds s on s.deck = n.deck
    ) f
),
valid as (
    select deck, phase, nth, ordinal, at_from + when_luck % (at_to - at_from) as at from dealt where kind = 'valid'
),
sizes as (
    select deck, phase, n from sample._figures where kind = 'valid'
),
paired as (
    select d.*, v.ordinal as valid_ordinal, v.at as valid_at
    from dealt d
    left join sizes z on z.deck = d.deck and z.phase = case d.kind when 'superseded_later' then 'B' else d.phase end
    left join valid v on v.deck = z.deck and v.phase = z.phase and v.nth = d.nth % z.n
),
timed as (
    select
        p.*,
        case p.kind
            when 'superseded' then case p.nth
                when 0 then p.valid_at
                else        greatest(p.at_from, p.valid_at - p.when_luck % (400 * t.day))
            end
            else p.at_from + p.when_luck % (p.at_to - p.at_from)
        end as at,
        case
            when p.kind in ('superseded', 'superseded_later') or p.nth % 2 = 0 then coalesce(p.valid_ordinal, p.ordinal)
            else                                                                    p.ordinal
        end as code_no,
        t.until, t.day
    from sample._epoch t
    cross join paired p
),
dated as (
    select
        *,
        case kind when 'valid' then ordinal else code_no end as code_of,
        at + (luck / 64 % 30) * day                          as starts,
        case
            when kind = 'invalid_period' and nth % 3 = 0      then 0                            -- no time at all
            when kind = 'invalid_period' or kind = 'product_gone' and nth % 4 = 1
                                                              then -1 - luck / 1920 % (60 * day)
            -- the shortest that is valid
            when kind = 'valid' and nth % 50 = 7              then 1
            else                                                   (7 + luck / 1920 % 350) * day
        end                                                  as lasts,
        case
            when kind = 'invalid_percent' or kind = 'product_gone' and nth % 6 = 5 then case luck % 4
                when 0 then 10001 when 1 then -1 when 2 then -500 else 15000
            end
            else case luck % 12
                when 0 then 0    when 1 then 10000 when 2 then 3333 when 3 then 1250 when 4 then 750
                when 5 then 2000 when 6 then 1999  else 500 * (1 + luck / 12 % 10)
            end
        end                                                  as hundredths
    from timed
)
select
    d.deck,
    cast(row_number() over (partition by d.deck order by d.at, d.ordinal) as int) as id,
    concat(
        case d.code_of % 5
            when 0 then 'SMILE' when 1 then 'Spring' when 2 then '夏' when 3 then 'Łuk & Co' else 'VIP'
        end,
        case d.deck when 'offer' then '-' else '/' end,
        lpad(cast(d.code_of as text), 4, '0')) as code,
    cast(case d.kind
        when 'product_gone' then 700001 + d.luck / 7 % 300
        else                     1 + d.luck / 7 % p.n
    end as int) as product_id,
    cast(cast(d.hundredths as decimal(12,2)) * 0.01 as decimal(5,2)) as percent,
    arrow_cast(d.starts, 'Timestamp(Microsecond, Some("UTC"))')           as starts_at,
    arrow_cast(d.starts + d.lasts, 'Timestamp(Microsecond, Some("UTC"))') as ends_at,
    arrow_cast(d.at, 'Timestamp(Microsecond, Some("UTC"))')               as created_at,
    d.at < d.until                                                        as is_there
from (select n from sample._figures where deck = 'product' and phase = 'A') p
cross join dated d
