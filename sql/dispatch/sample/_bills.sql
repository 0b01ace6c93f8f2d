-- Payments and invoices as numbers: id, kind, number within the phase's kind (nth), the order they are for, when they
-- were made, and luck to draw from. Up to four months after the order, in their own phase.
with seeds (deck, offset) as (values ('payment', 520), ('invoice', 524)),
dealt as (
    select deck, phase, kind, first, unnest(generate_series(first, last)) as ordinal
    from sample._figures
    where deck in ('payment', 'invoice')
),
drawn as (
    select
        d.deck, d.phase, d.kind, d.ordinal, d.ordinal - d.first as nth,
        case d.phase when 'A' then 'ordinary' else 'ordinary_new' end as instruction_kind,
        rnd($seed + s.offset, d.ordinal)     as luck,
        rnd($seed + s.offset + 1, d.ordinal) as order_luck,
        rnd($seed + s.offset + 2, d.ordinal) as when_luck
    from dealt d
    join seeds s on s.deck = d.deck
),
placed as (
    select
        d.*, i.id as instruction_id,
        case d.phase
            when 'A' then i.at + 1 + d.when_luck % greatest(1, least(120 * t.day, t.a_end - i.at - 1))
            when 'B' then greatest(i.at, t.a_end) + d.when_luck % (t.b_end - greatest(i.at, t.a_end))
            else          t.b_end + d.when_luck % (t.c_end - t.b_end)
        end as at
    from sample._epoch t
    cross join drawn d
    join (select kind, n from sample._figures where deck = 'instruction') k on k.kind = d.instruction_kind
    join sample._instructions i on i.kind = d.instruction_kind and i.nth = d.order_luck % k.n
)
select
    deck, phase, kind, ordinal, nth, luck, instruction_id, at,
    cast(row_number() over (partition by deck order by at, ordinal) as bigint) as id
from placed
