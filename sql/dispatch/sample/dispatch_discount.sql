-- dispatch_discount: 134 / 148 / 151 discounts (_promotions.sql), of which 120 / 132 / 135 are valid and the newest of
-- their code.
select id, code, product_id, percent, starts_at, ends_at, created_at
from sample._promotions
where deck = 'discount' and is_there
