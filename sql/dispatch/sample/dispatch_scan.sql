-- dispatch_scan: 11,100 / 11,950 / 12,000 scans of orders (_findings.sql): 9 of orders that are gone, 3 of orders that
-- are rejected.
with kinds (no, kind, is_xray) as (
    values
    (0, 'intraoral', false), (1, 'intraoral', false), (2, 'intraoral', false), (3, 'model', false),
    (4, 'facial', false), (5, 'panoramic', true), (6, 'cephalometric', true), (7, 'cbct', true)
),
drawn as (
    select f.*, t.hour, t.minute, rnd($seed + 440, f.id) as luck, rnd($seed + 441, f.id) as more_luck
    from sample._epoch t
    cross join sample._findings f
    where f.deck = 'scan'
)
select
    cast(s.id as int) as id,
    cast(s.instruction_id as int) as instruction_id,
    k.kind,
    case when s.luck / 8 % 12 > 0 then cast((1 + s.luck / 96 % 200) * 0.005 as decimal(6, 3)) end as resolution,
    case
        when k.is_xray and s.more_luck % 25 > 0 then cast((s.more_luck / 25 % 21200) * 0.05 as decimal(8, 2))
    end as dose,
    arrow_cast(
        case s.luck % 3 when 0 then s.at - s.luck % (30 * s.hour) else (s.at - s.hour) / s.minute * s.minute end,
        'Timestamp(Microsecond, Some("UTC"))') as taken_at,
    arrow_cast(s.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from drawn s
join kinds k on k.no = s.luck % 8
