-- dispatch_product: 400 / 420 / 420 products.
with names (no, sku, name) as (
    values
    (0, 'AL', 'Aligner, single'),              (1, 'RT', 'Retainer "night"'),
    (2, 'CH', 'Chewies, mint'),                (3, 'BX', 'Box für Schienen'),
    (4, 'CL', '洗浄剤 Cleaner'),                 (5, 'BR', 'Bracket set, 0.022" slot'),
    (6, 'WX', 'Wax & wipes'),                  (7, 'TB', E'Toothbrush\ttravel'),
    (8, 'IM', 'Impression tray 100 %')
)
select
    cast(b.id as int) as id,
    concat(n.sku, '-', lpad(cast(b.id as text), 4, '0')) as sku,
    concat(n.name, case b.luck / 9 % 4 when 0 then '' when 1 then ' S' when 2 then ' M' else ' (½ size)' end) as name,
    -- the first is free; many end in .00
    cast(cast(case
        when b.id = 1           then 0
        when b.luck / 36 % 3 = 0 then 500 * (1 + b.luck / 108 % 16)
        else                          195 + b.luck / 108 % 8600
    end as decimal(16,2)) * 0.01 as decimal(10,2)) as price,
    b.luck / 5000000 % 10 > 0 as is_active,
    arrow_cast(b.at, 'Timestamp(Microsecond, Some("UTC"))') as created_at
from sample._epoch t
cross join sample._business b
join names n on n.no = b.luck % 9
where b.deck = 'product' and b.at < t.until
