-- dispatch_purchase: 3,400 / 3,670 / 3,701 purchases (_purchases.sql); the buyers of 25 are gone.
select
    cast(p.id as int) as id,
    cast(p.product_id as int) as product_id,
    cast(case p.kind
        when 'buyer_gone' then 900001 + p.luck / 8000 % 5000
        else                   r.staff + 1 + p.luck / 8000 % r.doctors_a
    end as int) as buyer_id,
    cast(p.quantity as int) as quantity,
    cast(cast(p.cents as decimal(20,2)) * 0.01 as decimal(12,2)) as amount,
    arrow_cast(p.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._roster r
cross join sample._epoch t
cross join sample._purchases p
where p.at < t.until
