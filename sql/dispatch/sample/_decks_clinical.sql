-- The decks of what was measured: jaws, brackets, scans, impressions, measurements. (_figures.sql says what a deck is.)
select column1 as deck, column2 as place, column3 as phase, column4 as kind, column5 as weight, column6 as size,
    column7 as least, column8 as fill
from (
    values
    -- dispatch_jaw: 40,400 / 43,360 / 43,458. spelled: the type is in jaw_type; notes: only there; unknown: nowhere
    ('jaw',     1, 'A', 'spelled',              1, 38398, 1, true),
    ('jaw',     2, 'A', 'notes',                1,  1620, 8, false),     -- jaw_type_from_notes: 1,747 at C
    ('jaw',     3, 'A', 'unknown',              1,   340, 8, false),     -- jaw_type_unknown: 363 at C
    ('jaw',     4, 'A', 'no_doctor',            1,    40, 1, false),     -- order_not_migrated by the August rules alone
    ('jaw',     5, 'A', 'deleted_old',          1,     2, 1, false),
    ('jaw',     6, 'B', 'spelled',              1,  2778, 1, true),
    ('jaw',     7, 'B', 'notes',                1,   120, 1, false),
    ('jaw',     8, 'B', 'unknown',              1,    22, 0, false),
    ('jaw',     9, 'B', 'deleted_new',          1,    40, 1, false),
    ('jaw',    10, 'C', 'spelled',              1,    90, 1, true),
    ('jaw',    11, 'C', 'notes',                1,     7, 0, false),
    ('jaw',    12, 'C', 'unknown',              1,     1, 0, false),

    -- dispatch_bracket: 4,600 / 4,970 / 5,000, all on jaws
    ('bracket', 1, 'A', 'jaw',                  1,  4577, 1, true),
    ('bracket', 2, 'A', 'jaw_no_doctor',        1,     4, 1, false),     -- jaw_not_migrated by the August rules alone
    ('bracket', 3, 'A', 'jaw_unknown',          1,     6, 1, false),     -- jaw_not_migrated: the jaw is of unknown type
    ('bracket', 4, 'A', 'jaw_gone',             1,     3, 1, false),     -- jaw_not_migrated: gone; 10 in all at C
    ('bracket', 5, 'A', 'jaw_other',            1,    10, 1, false),     -- tooth_of_other_jaw: 12 at C
    ('bracket', 6, 'B', 'jaw',                  1,   367, 1, true),
    ('bracket', 7, 'B', 'jaw_gone',             1,     1, 0, false),
    ('bracket', 8, 'B', 'jaw_other',            1,     2, 0, false),
    ('bracket', 9, 'C', 'jaw',                  1,    30, 1, true),

    -- dispatch_scan: 11,100 / 11,950 / 12,000, all of orders
    ('scan',    1, 'A', 'order',                1, 11082, 1, true),
    ('scan',    2, 'A', 'order_no_doctor',      1,     9, 1, false),     -- order_not_migrated by the August rules alone
    ('scan',    3, 'A', 'order_rejected',       1,     3, 1, false),     -- order_not_migrated: 3
    ('scan',    4, 'A', 'order_gone',           1,     6, 1, false),     -- missing_instruction: 9 at C
    ('scan',    5, 'B', 'order',                1,   847, 1, true),
    ('scan',    6, 'B', 'order_gone',           1,     3, 0, false),
    ('scan',    7, 'C', 'order',                1,    50, 1, true),

    -- dispatch_impression: 5,550 / 5,980 / 6,000, all of orders
    ('impression', 1, 'A', 'order',             1,  5540, 1, true),
    ('impression', 2, 'A', 'order_no_doctor',   1,     4, 1, false),     -- order_not_migrated by the August rules alone
    ('impression', 3, 'A', 'order_rejected',    1,     2, 1, false),     -- order_not_migrated: 2
    ('impression', 4, 'A', 'order_gone',        1,     4, 1, false),     -- missing_instruction: 5 at C
    ('impression', 5, 'B', 'order',             1,   429, 1, true),
    ('impression', 6, 'B', 'order_gone',        1,     1, 0, false),
    ('impression', 7, 'C', 'order',             1,    20, 1, true),

    -- dispatch_measurement: 37,000 / 39,850 / 40,000, of jaws, orders or both
    ('measurement', 1, 'A', 'jaw',              1, 28938, 1, true),
    ('measurement', 2, 'A', 'jaw_no_doctor',    1,    20, 1, false),     -- jaw_not_migrated by the August rules alone
    ('measurement', 3, 'A', 'jaw_unknown',      1,    12, 1, false),     -- jaw_not_migrated: the jaw is of unknown type
    ('measurement', 4, 'A', 'jaw_gone',         1,     5, 1, false),     -- jaw_not_migrated: gone; 20 in all at C
    ('measurement', 5, 'A', 'order',            1,  6000, 1, false),
    ('measurement', 6, 'A', 'order_no_doctor',  1,    10, 1, false),     -- order_not_migrated by the August rules alone
    ('measurement', 7, 'A', 'order_rejected',   1,     4, 1, false),     -- order_not_migrated: 4
    ('measurement', 8, 'A', 'order_gone',       1,     6, 1, false),     -- missing_instruction: 8 at C
    ('measurement', 9, 'A', 'both',             1,  2000, 1, false),
    ('measurement',10, 'A', 'both_differ',      1,     3, 1, false),     -- instruction_differs: 5 at C
    ('measurement',11, 'A', 'none',             1,     2, 1, false),     -- missing_parent: 3 at C
    ('measurement',12, 'B', 'jaw',              1,  2212, 1, true),
    ('measurement',13, 'B', 'jaw_unknown',      1,     2, 0, false),
    ('measurement',14, 'B', 'jaw_gone',         1,     1, 0, false),
    ('measurement',15, 'B', 'order',            1,   430, 1, false),
    ('measurement',16, 'B', 'order_gone',       1,     2, 0, false),
    ('measurement',17, 'B', 'both',             1,   200, 1, false),
    ('measurement',18, 'B', 'both_differ',      1,     2, 0, false),
    ('measurement',19, 'B', 'none',             1,     1, 0, false),
    ('measurement',20, 'C', 'jaw',              1,   120, 1, true),
    ('measurement',21, 'C', 'order',            1,    30, 1, false)
) as decks
