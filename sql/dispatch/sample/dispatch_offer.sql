-- dispatch_offer: 700 / 780 / 788 offers (_promotions.sql), of which 348 / 388 / 393 are valid and the newest of their
-- code.
select id, code, product_id, percent, starts_at, ends_at, created_at
from sample._promotions
where deck = 'offer' and is_there
