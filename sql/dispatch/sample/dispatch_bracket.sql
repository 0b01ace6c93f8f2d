-- dispatch_bracket: 4,600 / 4,970 / 5,000 brackets on jaws (_findings.sql): 10 are of jaws that are gone or do not say
-- which they are, 12 on a tooth of the other jaw.
with kinds (no, kind) as (values (0, 'metal'), (1, 'metal'), (2, 'ceramic'), (3, 'self_ligating'), (4, 'lingual')),
drawn as (
    select f.*, t.hour, t.minute, rnd($seed + 430, f.id) as luck, rnd($seed + 431, f.id) as more_luck
    from sample._epoch t
    cross join sample._findings f
    where f.deck = 'bracket'
)
select
    cast(b.id as int) as id,
    cast(b.jaw_id as int) as jaw_id,
    k.kind,
    -- quadrants 1 and 2 are upper, 3 and 4 lower
    cast(
        10 * (case when (b.arch = 'lower') = (b.kind = 'jaw_other') then 1 else 3 end + b.luck / 5 % 2)
        + 1 + b.luck / 10 % 8
        as smallint) as tooth,
    case when b.luck / 80 % 15 > 0 then cast((b.luck / 1200 % 95 - 44) * 0.50 as decimal(5, 2)) end as torque,
    case when b.luck / 80 % 20 > 0 then cast((b.more_luck % 2500 - 500) * 0.01 as decimal(5, 2)) end as angulation,
    case b.more_luck / 2500 % 9
        when 0 then null
        when 1 then 0.018
        when 2 then 0.020
        else        0.022
    end as slot,
    arrow_cast(
        case b.luck % 3 when 0 then b.at - b.luck % (3 * b.hour) else (b.at - b.hour) / b.minute * b.minute end,
        'Timestamp(Microsecond, Some("UTC"))') as taken_at,
    arrow_cast(b.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from drawn b
join kinds k on k.no = b.luck % 5
