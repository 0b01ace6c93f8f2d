-- Purchases as numbers: those of _business.sql with product, quantity and amount (in cents). At scale 1 the amounts of
-- all 3,701 add up to 366,002.75; each has its share by what the products cost.
with drawn as (
    select
        b.*, p.n as products, 1 + b.luck % p.n as product_id,
        case b.luck / 1000 % 8 when 0 then 5 when 1 then 3 when 2 then 2 when 3 then 2 when 4 then 12 else 1 end
            as quantity
    from (select n from sample._figures where deck = 'product' and phase = 'A') p
    cross join sample._business b
    where b.deck = 'purchase'
),
weighed as (
    select d.*, 100 + cast(p.price * 100 as bigint) * d.quantity as weight
    from drawn d
    join sample.dispatch_product p on p.id = d.product_id
),
shared as (
    select
        *,
        cast(sum(weight) over (order by ordinal) as bigint) as weight_so_far,
        cast(sum(weight) over () as bigint)                 as weight_of_all,
        36600275 * count(*) over () / 3701                  as total
    from weighed
)
select
    id, phase, kind, nth, luck, at, product_id, quantity,
    cast(total * weight_so_far / weight_of_all - total * (weight_so_far - weight) / weight_of_all as bigint) as cents
from shared
