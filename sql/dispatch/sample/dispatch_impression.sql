-- dispatch_impression: 5,550 / 5,980 / 6,000 impressions of orders (_findings.sql): 5 of orders that are gone, 2 of
-- orders that are rejected.
with kinds (no, kind) as (values (0, 'alginate'), (1, 'silicone'), (2, 'silicone'), (3, 'polyether')),
drawn as (
    select f.*, t.hour, t.minute, rnd($seed + 450, f.id) as luck
    from sample._epoch t
    cross join sample._findings f
    where f.deck = 'impression'
)
select
    cast(m.id as int) as id,
    cast(m.instruction_id as int) as instruction_id,
    k.kind,
    case when m.luck / 4 % 10 > 0 then cast((m.luck / 40 % 300) * 0.005 as decimal(6, 3)) end as shrinkage,
    case when m.luck / 12000 % 6 > 0 then cast(18 + (m.luck / 72000 % 1600) * 0.05 as decimal(7, 2)) end as weight,
    arrow_cast(
        case m.luck % 3 when 0 then m.at - m.luck % (30 * m.hour) else (m.at - m.hour) / m.minute * m.minute end,
        'Timestamp(Microsecond, Some("UTC"))') as taken_at,
    arrow_cast(m.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from drawn m
join kinds k on k.no = m.luck % 4
