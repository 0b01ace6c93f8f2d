-- The decks of the business: products, payments, invoices, offers, settings, events. (_figures.sql says what a deck
-- is.)
select column1 as deck, column2 as place, column3 as phase, column4 as kind, column5 as weight, column6 as size,
    column7 as least, column8 as fill
from (
    values
    ('product',    1, 'A', 'product',           1,   400, 1, true),
    ('product',    2, 'B', 'product',           1,    20, 0, true),

    ('project',    1, 'A', 'owner_gone',        1,     4, 1, false),     -- warned of
    ('project',    2, 'A', 'project',           1,   286, 1, true),
    ('project',    3, 'B', 'project',           1,    18, 0, true),
    ('project',    4, 'C', 'project',           1,     2, 0, true),

    -- dispatch_payment: 17,235
    ('payment',    1, 'A', 'method_unknown',    1,     5, 1, false),     -- payment_method_unknown: 6 at C
    ('payment',    2, 'A', 'from_reference',    1,   640, 1, false),     -- only the reference tells the method
    ('payment',    3, 'A', 'paid',              1, 15255, 1, true),
    ('payment',    4, 'B', 'method_unknown',    1,     1, 0, false),
    ('payment',    5, 'B', 'from_reference',    1,    50, 0, false),
    ('payment',    6, 'B', 'paid',              1,  1199, 0, true),
    ('payment',    7, 'C', 'paid',              1,    85, 0, true),

    ('invoice',    1, 'A', 'invoice',           1, 15300, 1, true),
    ('invoice',    2, 'B', 'invoice',           1,  1040, 0, true),
    ('invoice',    3, 'C', 'invoice',           1,    60, 0, true),

    -- dispatch_purchase: 3,701
    ('purchase',   1, 'A', 'buyer_gone',        1,    22, 1, false),     -- warned of
    ('purchase',   2, 'A', 'purchase',          1,  3378, 1, true),
    ('purchase',   3, 'B', 'buyer_gone',        1,     3, 0, false),
    ('purchase',   4, 'B', 'purchase',          1,   267, 0, true),
    ('purchase',   5, 'C', 'purchase',          1,    31, 0, true),

    -- dispatch_operation: 3,720
    ('operation',  1, 'A', 'loose',             1,   170, 1, false),     -- of no purchase
    ('operation',  2, 'A', 'of_purchase',       1,  3246, 1, true),
    ('operation',  3, 'B', 'loose',             1,    12, 0, false),
    ('operation',  4, 'B', 'of_purchase',       1,   260, 0, true),
    ('operation',  5, 'C', 'of_purchase',       1,    32, 0, true),

    -- dispatch_offer: 788, of which 393 are loaded. A superseded row has the code of a newer valid one
    ('offer',      1, 'A', 'product_gone',      1,   105, 1, false),     -- product_not_migrated: 118 at C
    ('offer',      2, 'A', 'invalid_period',    1,    84, 1, false),     -- 94 at C
    ('offer',      3, 'A', 'invalid_percent',   1,    33, 1, false),     -- 37 at C
    ('offer',      4, 'A', 'superseded',        1,   130, 1, false),     -- 146 at C
    ('offer',      5, 'A', 'superseded_later',  1,     5, 1, false),     -- by a row of B: loaded at A
    ('offer',      6, 'A', 'valid',             1,   343, 1, true),
    ('offer',      7, 'B', 'product_gone',      1,    12, 0, false),
    ('offer',      8, 'B', 'invalid_period',    1,     9, 0, false),
    ('offer',      9, 'B', 'invalid_percent',   1,     4, 0, false),
    ('offer',     10, 'B', 'superseded',        1,    10, 0, false),
    ('offer',     11, 'B', 'valid',             1,    45, 1, true),
    ('offer',     12, 'C', 'product_gone',      1,     1, 0, false),
    ('offer',     13, 'C', 'invalid_period',    1,     1, 0, false),
    ('offer',     14, 'C', 'superseded',        1,     1, 0, false),
    ('offer',     15, 'C', 'valid',             1,     5, 1, true),

    -- dispatch_discount: 151, of which 135 are loaded
    ('discount',   1, 'A', 'product_gone',      1,     4, 1, false),     -- product_not_migrated: 5 at C
    ('discount',   2, 'A', 'invalid_period',    1,     4, 1, false),     -- 4 at C
    ('discount',   3, 'A', 'invalid_percent',   1,     2, 1, false),     -- 2 at C
    ('discount',   4, 'A', 'superseded',        1,     4, 1, false),     -- 5 at C
    ('discount',   5, 'A', 'valid',             1,   120, 1, true),
    ('discount',   6, 'B', 'product_gone',      1,     1, 0, false),
    ('discount',   7, 'B', 'superseded',        1,     1, 0, false),
    ('discount',   8, 'B', 'valid',             1,    12, 1, true),
    ('discount',   9, 'C', 'valid',             1,     3, 0, true),

    ('setting',    1, 'A', 'malformed',         1,     1, 1, false),     -- malformed_json
    ('setting',    2, 'A', 'empty',             1,     2, 2, false),     -- NULL and '' in turn: warned of
    ('setting',    3, 'A', 'json',              1,   112, 1, true),
    ('setting',    4, 'B', 'json',              1,     4, 0, true),
    ('setting',    5, 'C', 'json',              1,     1, 0, true),

    ('metadata',   1, 'A', 'malformed',         1,     3, 1, false),     -- malformed_json
    ('metadata',   2, 'A', 'empty',             1,     4, 2, false),     -- NULL and '' in turn: warned of
    ('metadata',   3, 'A', 'json',              1,   238, 1, true),
    ('metadata',   4, 'B', 'json',              1,    13, 0, true),
    ('metadata',   5, 'C', 'json',              1,     2, 0, true),

    ('preference', 1, 'A', 'user_gone',         1,    40, 1, false),     -- user_not_migrated: 45 at C
    ('preference', 2, 'A', 'preference',        1, 16260, 1, true),
    ('preference', 3, 'B', 'user_gone',         1,     5, 0, false),
    ('preference', 4, 'B', 'preference',        1,  1595, 0, true),
    ('preference', 5, 'C', 'preference',        1,   100, 0, true),

    ('schedule',   1, 'A', 'user_gone',         1,    25, 1, false),     -- user_not_migrated: 28 at C
    ('schedule',   2, 'A', 'patient_gone',      1,    60, 1, false),     -- warned of
    ('schedule',   3, 'A', 'reversed',          1,    12, 1, false),     -- ends before it starts: warned of
    ('schedule',   4, 'A', 'schedule',          1,  8103, 1, true),
    ('schedule',   5, 'B', 'user_gone',         1,     3, 0, false),
    ('schedule',   6, 'B', 'patient_gone',      1,     6, 0, false),
    ('schedule',   7, 'B', 'reversed',          1,     1, 0, false),
    ('schedule',   8, 'B', 'schedule',          1,   690, 0, true),
    ('schedule',   9, 'C', 'schedule',          1,   100, 0, true),

    ('event',      1, 'A', 'malformed',         1,    10, 5, false),     -- malformed_json: 12 at C
    ('event',      2, 'A', 'empty',             1,    40, 2, false),     -- NULL and '' in turn: warned of
    ('event',      3, 'A', 'actor_gone',        1,   110, 1, false),     -- warned of
    ('event',      4, 'A', 'event',             1, 22240, 1, true),
    ('event',      5, 'B', 'malformed',         1,     2, 0, false),
    ('event',      6, 'B', 'actor_gone',        1,    10, 0, false),
    ('event',      7, 'B', 'event',             1,  2288, 0, true),
    ('event',      8, 'C', 'event',             1,   300, 0, true)
) as decks
