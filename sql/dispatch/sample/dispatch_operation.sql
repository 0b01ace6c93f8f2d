-- dispatch_operation: 3,416 / 3,688 / 3,720 bookings: what purchases cost, and money back; 182 are of no purchase.
with dealt as (
    select phase, kind, first, unnest(generate_series(first, last)) as ordinal
    from sample._figures
    where deck = 'operation'
),
-- The nth purchase of a phase, in the order of time
purchases as (
    select phase, id, at, cents,
        cast(row_number() over (partition by phase order by id) as bigint) - 1 as nth,
        count(*) over (partition by phase) as n
    from sample._purchases
),
aimed as (
    select
        d.*, rnd($seed + 550, d.ordinal) as luck, rnd($seed + 551, d.ordinal) as when_luck,
        case d.phase when 'A' then 1546300800000000 when 'B' then t.a_end else t.b_end end as at_from,      -- 2019
        case d.phase when 'A' then t.a_end          when 'B' then t.b_end else t.c_end end as at_to,
        z.n, t.until, t.day
    from sample._epoch t
    cross join dealt d
    left join (select distinct phase, n from purchases) z on z.phase = d.phase
),
placed as (
    select
        a.*, p.id as purchase_id, p.cents,
        case
            when p.id is null then a.at_from + a.when_luck % (a.at_to - a.at_from)
            -- not before its purchase
            else p.at + a.when_luck % greatest(1, least(10 * a.day, a.at_to - p.at))
        end as at
    from aimed a
    left join purchases p on a.kind = 'of_purchase' and p.phase = a.phase and p.nth = (a.ordinal - a.first) % a.n
),
numbered as (
    select *, cast(row_number() over (order by at, ordinal) as bigint) as id from placed
)
select
    cast(id as int) as id,
    cast(purchase_id as int) as purchase_id,
    case
        when purchase_id is null then case luck % 2 when 0 then 'fee' else 'adjustment' end
        when luck % 25 = 0       then 'refund'
        when luck % 25 = 1       then 'adjustment'
        else                          'charge'
    end as kind,
    cast(cast(case
        when purchase_id is null then 250 + luck / 50 % 4000
        when luck % 25 = 0       then -cents
        when luck % 25 = 1       then luck / 50 % 300 - 150
        else                          cents
    end as decimal(20,2)) * 0.01 as decimal(12,2)) as amount,
    arrow_cast(at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from numbered
where at < until
