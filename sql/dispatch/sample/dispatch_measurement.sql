-- dispatch_measurement: 37,000 / 39,850 / 40,000 measurements of jaws, orders or both (_findings.sql). 35 are orphans:
-- 20 of jaws (gone, or of unknown type), 8 of orders that are gone, 4 of orders that are rejected, 3 of nothing at all;
-- 5 name a jaw and an order that is not the jaw's.
with kinds (no, kind, at_least) as (
    values
    (0, 'overjet', -16), (1, 'overbite', -20), (2, 'crowding', 0), (3, 'spacing', 0), (4, 'midline_shift', -16),
    (5, 'intercanine_width', 88), (6, 'intermolar_width', 152), (7, 'arch_length', 240)
),
notes (no, notes) as (
    values
    (0, ''), (1, ''), (2, ''), (3, ''), (4, ''), (5, ''), (6, ''),
    (7, 'by hand, ±0.5'),
    (8, E'1st reading 2.50\n2nd reading 2.5'),
    (9, 'caliper "B" \ drawer 3'),
    (10, '再測定'),
    (11, 'not the model''s edge')
),
drawn as (
    select f.*, t.hour, t.minute, rnd($seed + 460, f.id) as luck, rnd($seed + 461, f.id) as more_luck
    from sample._epoch t
    cross join sample._findings f
    where f.deck = 'measurement'
)
select
    cast(m.id as int) as id,
    cast(m.instruction_id as int) as instruction_id,
    cast(m.jaw_id as int) as jaw_id,
    k.kind,
    case
        when m.luck / 96 % 40 = 0 then null
        -- with a caliper to a quarter of a millimetre, with software to a thousandth
        when m.luck / 96 % 3 = 0  then cast((k.at_least + m.luck / 3840 % 60) * 0.250 as decimal(6, 3))
        else                           cast(k.at_least * 0.250 + (m.luck / 3840 % 15000) * 0.001 as decimal(6, 3))
    end as value,
    case when m.more_luck % 4 = 0 then cast((m.more_luck / 4 % 5000) * 0.0001 as decimal(6, 4)) end as deviation,
    n.notes,
    arrow_cast(
        case m.luck % 3 when 0 then m.at - m.luck % (30 * m.hour) else (m.at - m.hour) / m.minute * m.minute end,
        'Timestamp(Microsecond, Some("UTC"))') as taken_at,
    arrow_cast(m.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from drawn m
join kinds k on k.no = m.luck % 8
join notes n on n.no = m.luck / 8 % 12
