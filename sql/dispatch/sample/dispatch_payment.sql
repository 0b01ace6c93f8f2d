-- dispatch_payment: 15,900 / 17,150 / 17,235 payments. At scale 1 the amounts of all of them add up to 8,561,274.35,
-- whatever the currency. 690 times only the reference tells the method, 6 times nothing does.
with methods (no, method) as (
    values
    ( 0, 'card'),          ( 1, 'Card'),          ( 2, 'CARD '),        ( 3, 'visa'),          ( 4, 'VISA'),
    ( 5, 'Mastercard'),    ( 6, 'MC'),            ( 7, 'master card'),  ( 8, 'credit card'),   ( 9, 'Credit-Card'),
    (10, 'creditcard'),    (11, 'Amex'),          (12, 'CC'),           (13, 'debit card'),    (14, 'クレジットカード'),
    (15, 'bank transfer'), (16, 'Bank Transfer'), (17, 'bank-transfer'), (18, 'wire'),         (19, 'Wire transfer'),
    (20, 'ACH'),           (21, ' ach'),          (22, 'EFT'),          (23, '銀行振込'),       (24, 'โอนเงิน'),
    (25, 'cash'),          (26, 'Cash'),          (27, 'CASH!'),        (28, '現金'),          (29, 'เงินสด'),
    (30, 'cheque'),        (31, 'check'),         (32, 'Check #1042'),  (33, 'chq.'),
    (34, 'cashier''s check'),
    (35, 'insurance'),     (36, 'Insurance (Delta)'), (37, 'ins.'),     (38, '保険'),
    (39, 'Insurance, by wire'),
    (40, 'paypal'),        (41, 'PayPal'),        (42, 'Pay Pal'),      (43, 'PAYPAL (card)')
),
-- Beside a method the reference says nothing, or nothing that counts
references (no, reference) as (
    values (0, ''), (1, 'INV-'), (2, 'order '), (3, 'ref "A/7" '), (4, 'Dr. O''Brien, cash box '), (5, 'paid 一括 ')
),
-- Where the method is missing, or says nothing
telling (no, method, reference) as (
    values
    (0, null, 'VISA ****4242'), (1, '', 'Wire 2024-07'),         (2, 'other', 'CHK-0991'),
    (3, '-', 'ACH 000451'),     (4, null, 'PayPal TX 8HJ'),      (5, '', 'insurance claim 5521'),
    (6, 'see ref.', 'Cash desk 2'), (7, null, 'card: ok')
),
silent (no, method, reference) as (
    values
    (0, null, ''), (1, 'other', 'see notes'), (2, '?', 'INV-00471'), (3, 'barter', 'two crowns for a website'),
    (4, '', 'cashback? checked'), (5, 'discard', 'bankers'' ball')
),
drawn as (
    select b.*, t.until, t.hour, rnd($seed + 523, b.ordinal) as money_luck
    from sample._epoch t
    cross join sample._bills b
    where b.deck = 'payment'
),
-- In cents of the currency: every second payment in dollars shares in what is left of the sum, by its weight; the
-- others are what they are
priced as (
    select
        *,
        case when money_luck % 100 < 88 then 'USD' when money_luck % 100 < 92 then 'JPY'
             when money_luck % 100 < 96 then 'THB' when money_luck % 100 < 98 then 'INR' else 'AUD' end as currency,
        case when money_luck % 100 < 88 and money_luck / 100 % 2 = 0 then 40 + money_luck / 200 % 460 else 0 end
            as weight,
        case
            when money_luck % 100 < 88 and money_luck / 100 % 2 = 0 then 0
            when money_luck % 100 < 88 then case money_luck / 200 % 300
                when 7 then 0 when 23 then 1 when 41 then -12550 when 177 then 1234567     -- money back, and much
                else case money_luck / 200 % 8
                    when 0 then 15000 when 1 then 25000 when 2 then 9550  when 3 then 48010
                    when 4 then 32000 when 5 then 19999 when 6 then 10000 else 60000
                end
            end
            when money_luck % 100 < 92 then 50000 + money_luck / 200 % 80 * 10000               -- whole yen
            when money_luck % 100 < 96 then 30000 + money_luck / 200 % 40 * 5025
            when money_luck % 100 < 98 then 50050 + money_luck / 200 % 400 * 1000
            else                            10000 + money_luck / 200 % 40000
        end as fixed
    from drawn
),
shared as (
    select
        *,
        cast(sum(weight) over (order by ordinal) as bigint) as weight_so_far,
        greatest(1, cast(sum(weight) over () as bigint))    as weight_of_all,
        greatest(
            100 * count(*) over (),
            856127435 * count(*) over () / 17235 - cast(sum(fixed) over () as bigint)) as left_over
    from priced
)
select
    cast(p.id as int) as id,
    cast(p.instruction_id as int) as instruction_id,
    cast(cast(
        p.fixed + p.left_over * p.weight_so_far / p.weight_of_all
                - p.left_over * (p.weight_so_far - p.weight) / p.weight_of_all
        as decimal(20,2)) * 0.01 as decimal(12,2)) as amount,
    p.currency,
    case p.kind when 'paid' then m.method when 'from_reference' then l.method else s.method end as method,
    case p.kind
        when 'from_reference' then l.reference
        when 'method_unknown' then s.reference
        else concat(r.reference, case when r.no > 0 then cast(p.luck % 99991 as text) else '' end)
    end as reference,
    arrow_cast(p.at - p.luck / 5 % least(p.hour, 1000000 * (1 + p.luck % 3600)), 'Timestamp(Microsecond, Some("UTC"))')
        as paid_at,
    arrow_cast(p.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from shared p
-- half of them by card, in the commonest spellings
join methods m on m.no = case p.luck % 2 when 0 then p.luck / 2 % 9 else p.luck / 18 % 44 end
join references r on r.no = p.luck / 792 % 6
join telling l on l.no = p.nth % 8
join silent s on s.no = (p.nth + case p.phase when 'A' then 0 else 5 end) % 6
where p.at < p.until
