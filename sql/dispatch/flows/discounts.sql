/*---
source      = "dispatch_discount"
key         = "id"
entity      = "discount"
accept      = 0.7
description = "Discounts that can still be given: one a code."

[remedies]
product_not_migrated = "Restore the product, or let the discount go with it."
invalid_period       = "Correct the dates: it ends before it starts."
invalid_percent      = "Correct the percent: it lies outside 0 to 100."
superseded           = "Nothing: the newest valid row of the code is loaded."
---*/

-- The business ruled as with the offers: one discount of nine stays behind. They are few, so a handful more must not
-- stop a run.
-- Valid is what is for a product that is there, starts before it ends, and takes off 0 to 100 percent. One code once:
-- of the valid ones with the same code, to the letter, the newest by (created_at, id) wins and the others are
-- superseded. What is not valid supersedes nothing, however new.

with judged as (
    select
        o.id,
        case
            when p._key is null                                  then 'product_not_migrated'
            when o.starts_at is null or o.ends_at is null        then 'invalid_period'
            when o.starts_at >= o.ends_at                        then 'invalid_period'
            when o.percent is null                               then 'invalid_percent'
            when o.percent < 0 or o.percent > 100                then 'invalid_percent'
            else                                                      'valid'
        end                                                    as verdict
    from source.dispatch_discount o
    left join migrated.products p on p._key = o.product_id
),

ranked as (
    select
        o.id,
        row_number() over (partition by o.code order by o.created_at desc, o.id desc) as place
    from source.dispatch_discount o
    join judged j on j.id = o.id
    where j.verdict = 'valid'
)

select
    o.id                                                       as _key,
    case
        when j.verdict = 'product_not_migrated' then reject('product_not_migrated', 'products', o.product_id)
        when j.verdict = 'invalid_period'       then reject('invalid_period')
        when j.verdict = 'invalid_percent'      then reject('invalid_percent')
        when r.place > 1                        then reject('superseded')
        else                                         migrate()
    end                                                        as _outcome,
    o.id                                                       as legacy_id,
    o.code                                                     as code,
    legacy_uuid('product', o.product_id)                       as product_id,
    o.percent                                                  as percent,
    o.starts_at                                                as starts_at,
    o.ends_at                                                  as ends_at,
    row_json(o._row)                                           as metadata,
    o.created_at                                               as created_at
from source.dispatch_discount o
left join judged j on j.id = o.id
left join ranked r on r.id = o.id
