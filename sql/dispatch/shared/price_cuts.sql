-- Offers and discounts, which have one rule: what is wrong with each, and which of a code wins.
--
-- Valid is what is for a product that is there, starts before it ends, and takes off 0 to 100 percent. One code once:
-- of the valid ones with the same code, to the letter, the newest by (created_at, id) wins and the others are
-- superseded. What is not valid supersedes nothing, however new. Offers and discounts have codes of their own.
--
-- kind (offer or discount) and id, verdict (valid, or the reason against it).

with cuts (kind, id, code, product_id, percent, starts_at, ends_at, created_at) as (
    select 'offer', id, code, product_id, percent, starts_at, ends_at, created_at from source.dispatch_offer
    union all
    select 'discount', id, code, product_id, percent, starts_at, ends_at, created_at from source.dispatch_discount
),

judged as (
    select
        c.kind, c.id, c.code, c.created_at,
        case
            when p._key is null                           then 'product_not_migrated'
            when c.starts_at is null or c.ends_at is null then 'invalid_period'   -- never: both are NOT NULL
            when c.starts_at >= c.ends_at                 then 'invalid_period'
            when c.percent is null                        then 'invalid_percent'  -- never: it is NOT NULL
            when c.percent < 0 or c.percent > 100         then 'invalid_percent'
            else                                               'valid'
        end as verdict
    from cuts c
    left join migrated.products p on p._key = c.product_id
),

ranked as (
    select
        j.*,
        row_number() over (partition by j.kind, j.code, j.verdict order by j.created_at desc, j.id desc) as place
    from judged j
)

select r.kind, r.id, case when r.verdict = 'valid' and r.place > 1 then 'superseded' else r.verdict end as verdict
from ranked r
