-- dispatch_invoice: 15,300 / 16,340 / 16,400 invoices.
with statuses (no, status) as (
    values (0, 'paid'), (1, 'paid'), (2, 'paid'), (3, 'paid'), (4, 'sent'), (5, 'overdue'), (6, 'draft'), (7, 'void')
)
select
    cast(b.id as int) as id,
    cast(b.instruction_id as int) as instruction_id,
    concat('INV-', cast(1970 + b.at / 31556952000000 as text), '-', lpad(cast(b.id as text), 6, '0')) as number,
    cast(cast(case
        when b.luck / 8 % 40 = 0 then 0
        when b.luck / 8 % 3 = 0  then 100 * (50 + b.luck / 320 % 2000)
        else                          5001 + b.luck / 320 % 250000
    end as decimal(20,2)) * 0.01 as decimal(12,2)) as total,
    s.status,
    arrow_cast(b.at - b.luck / 5 % (2 * t.hour), 'Timestamp(Microsecond, Some("UTC"))') as issued_at,
    arrow_cast(b.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._epoch t
cross join sample._bills b
join statuses s on s.no = b.luck % 8
where b.deck = 'invoice' and b.at < t.until
