-- The decks of the practice: offices, people, orders, plans, comments, states, notifications. (_figures.sql says what a
-- deck is.)
select column1 as deck, column2 as place, column3 as phase, column4 as kind, column5 as weight, column6 as size,
    column7 as least, column8 as fill
from (
    values
    -- dispatch_office. The first 8 have exactly one doctor. 894 = 523 loaded + 371 adopted
    ('office',  1, 'A', 'single',               1,     8, 1, false),
    ('office',  2, 'A', 'us',                   1,   640, 1, true),
    ('office',  3, 'A', 'jp',                   1,   120, 1, false),
    ('office',  4, 'A', 'th',                   1,    80, 1, false),
    ('office',  5, 'A', 'in',                   1,    16, 1, false),
    ('office',  6, 'A', 'au',                   1,     6, 1, false),
    ('office',  7, 'B', 'us',                   1,    16, 1, true),
    ('office',  8, 'B', 'jp',                   1,     5, 1, false),
    ('office',  9, 'B', 'th',                   1,     3, 1, false),
    ('adopted', 1, 'A', 'adopted',              1,   371, 1, false),

    -- Doctors: 1,332. Those without an office are doctors only because patients name them
    ('doctor',  1, 'A', 'officeless',           1,    42, 1, false),
    ('doctor',  2, 'A', 'single',               1,     8, 1, false),
    ('doctor',  3, 'A', 'jp',                   1,   215, 1, false),
    ('doctor',  4, 'A', 'th',                   1,   130, 1, false),
    ('doctor',  5, 'A', 'in',                   1,    15, 1, false),
    ('doctor',  6, 'A', 'au',                   1,     5, 1, false),
    ('doctor',  7, 'A', 'us',                   1,   799, 1, true),
    ('doctor',  8, 'B', 'jp',                   1,    20, 1, false),
    ('doctor',  9, 'B', 'th',                   1,    10, 1, false),
    ('doctor', 10, 'B', 'us',                   1,    88, 1, true),
    ('doctor_patient', 1, 'A', 'doctor_patient', 1,   68, 1, false),     -- the last doctors of A are patients too
    ('user',    1, 'A', 'all',                  1,  9085, 1, false),     -- what is neither doctor nor patient is staff

    -- dispatch_patient: 7,854 / 8,456
    ('patient', 1, 'A', 'no_doctor',            1,     8, 1, false),     -- an office of exactly one doctor, in the US
    ('patient', 2, 'A', 'no_doctor_no_office',  1,     1, 1, false),
    ('patient', 3, 'A', 'deleted_old',          1,     1, 1, false),     -- patient_deleted at A
    ('patient', 4, 'A', 'ordinary',             1,  7844, 1, true),
    ('patient', 5, 'B', 'deleted_new',          1,    11, 1, false),     -- patient_deleted: 12 at C
    ('patient', 6, 'B', 'without_order',        1,    25, 1, false),     -- patient_without_order
    ('patient', 7, 'B', 'ordinary_new',         1,   566, 1, true),

    -- Where the 8,447 patients with a doctor belong: to an office of their own (5,251 and the 8 above), to their
    -- doctor's (2,800), or to none
    ('home',    1, 'A', 'none officeless',      1,   396, 1, false),
    ('home',    2, 'A', 'own jp',               1,  1163, 1, false),
    ('home',    3, 'A', 'own th',               1,   621, 1, false),
    ('home',    4, 'A', 'own in',               1,    44, 1, false),
    ('home',    5, 'A', 'own au',               1,     2, 1, false),
    ('home',    6, 'A', 'doctor us',            1,  2100, 1, false),
    ('home',    7, 'A', 'doctor jp',            1,   400, 1, false),
    ('home',    8, 'A', 'doctor th',            1,   270, 1, false),
    ('home',    9, 'A', 'doctor in',            1,    28, 0, false),
    ('home',   10, 'A', 'doctor au',            1,     2, 0, false),
    ('home',   11, 'A', 'own us',               1,  3421, 1, true),

    -- dispatch_patient.suffix: 7,180 present, 7,151 usable, 7,150 in the format
    ('suffix',  1, 'A', 'odd',                  1,     1, 1, false),     -- usable, not four characters: warned of
    ('suffix',  2, 'A', 'unusable',             1,    29, 2, false),     -- becomes NULL: warned of
    ('suffix',  3, 'A', 'absent',               1,  1276, 1, false),
    ('suffix',  4, 'A', 'format',               1,  7150, 1, true),

    -- dispatch_patient_doctor: 7,178
    ('patient_doctor', 1, 'A', 'stale',         1,    20, 1, false),     -- doctor_not_migrated: 29 at C
    ('patient_doctor', 2, 'A', 'loaded',        1,  6700, 1, false),
    ('patient_doctor', 3, 'B', 'stale',         1,     9, 0, false),
    ('patient_doctor', 4, 'B', 'loaded',        1,   449, 1, false),

    -- dispatch_instruction: 23,272 / 25,012
    ('instruction', 1, 'A', 'no_doctor',        1,   206, 1, false),     -- missing_doctor by the August rules alone
    ('instruction', 2, 'A', 'no_doctor_no_office', 1, 16, 1, false),     -- missing_doctor
    ('instruction', 3, 'A', 'deleted_old',      1,     1, 1, false),     -- loaded, without a case
    ('instruction', 4, 'A', 'ordinary',         1, 23049, 1, true),
    ('instruction', 5, 'B', 'stock',            1,     5, 1, false),     -- no_patient
    ('instruction', 6, 'B', 'deleted_new',      1,    30, 1, false),     -- loaded, without a case: 31 at C
    ('instruction', 7, 'B', 'ordinary_new',     1,  1705, 1, true),

    -- dispatch_plan: about 45,000. 33,757 of A reach a case under the August rules
    ('plan',    1, 'A', 'root',                 1, 33757, 1, false),
    ('plan',    2, 'A', 'root_no_doctor',       1,   206, 1, false),
    ('plan',    3, 'A', 'root_rejected',        1,    16, 1, false),     -- order_not_migrated
    ('plan',    4, 'A', 'root_deleted_old',     1,     1, 1, false),
    ('plan',    5, 'A', 'root_null',            1,    12, 1, false),     -- missing_instruction: NULL
    ('plan',    6, 'A', 'root_gone',            1,    25, 1, false),     -- missing_instruction: gone
    ('plan',    7, 'A', 'revision',             1,  9000, 1, false),
    ('plan',    8, 'A', 'revision_null',        1,     6, 1, false),     -- missing_instruction, by way of the root
    ('plan',    9, 'A', 'revision_gone',        1,     6, 1, false),     -- the same
    ('plan',   10, 'A', 'revision_no_doctor',   1,    20, 1, false),
    ('plan',   11, 'B', 'root_new',             1,  1000, 1, false),
    ('plan',   12, 'B', 'root_deleted_new',     1,    30, 1, false),
    ('plan',   13, 'B', 'revision_new',         1,   900, 1, false),
    ('plan_cycle', 1, 'A', 'cycle',             1,     2, 1, false),     -- plan_cycle: groups of seven plans

    -- dispatch_comment: 15,074 / 16,300 / 16,312. Those of kind root are the 5,472 that the August rules load at A
    ('comment', 1, 'A', 'root',                 1,  5472, 1, false),
    ('comment', 2, 'A', 'revision',             1,  9446, 2, true),
    ('comment', 3, 'A', 'root_no_doctor',       1,    30, 1, false),     -- rejected by the August rules alone
    ('comment', 4, 'A', 'revision_no_doctor',   1,    28, 1, false),
    ('comment', 5, 'A', 'plan_missing',         1,    50, 1, false),     -- missing_plan: 61 at C
    ('comment', 6, 'A', 'root_null',            1,    14, 1, false),     -- missing_instruction: 48 at C
    ('comment', 7, 'A', 'root_gone',            1,    16, 1, false),
    ('comment', 8, 'A', 'revision_null',        1,     5, 1, false),
    ('comment', 9, 'A', 'revision_gone',        1,     5, 1, false),
    ('comment',10, 'A', 'root_deleted_old',     1,     4, 1, false),     -- case_not_migrated: 22 at C
    ('comment',11, 'A', 'cycle',                1,     4, 1, false),     -- plan_cycle: 6 at C
    ('comment',12, 'B', 'root_new',             1,   400, 1, false),
    ('comment',13, 'B', 'revision_new',         1,   789, 1, true),
    ('comment',14, 'B', 'plan_missing',         1,     9, 0, false),
    ('comment',15, 'B', 'root_gone',            1,     8, 0, false),
    ('comment',16, 'B', 'root_deleted_new',     1,    18, 0, false),
    ('comment',17, 'B', 'cycle',                1,     2, 0, false),
    ('comment',18, 'C', 'revision_new',         1,    10, 1, true),
    ('comment',19, 'C', 'plan_missing',         1,     2, 0, false),
    ('edited',  1, 'C', 'edited',               1,    40, 1, false),     -- comments whose text changes between B and C

    -- Comments on one case (weight): 5,472 on 3,332 cases, 21 the most
    ('thread',  1, 'A', 'thread',              21,     1, 0, false),
    ('thread',  2, 'A', 'thread',              16,     2, 0, false),
    ('thread',  3, 'A', 'thread',              12,     4, 0, false),
    ('thread',  4, 'A', 'thread',               9,    10, 0, false),
    ('thread',  5, 'A', 'thread',               7,    25, 0, false),
    ('thread',  6, 'A', 'thread',               5,    70, 0, false),
    ('thread',  7, 'A', 'thread',               4,   130, 0, false),
    ('thread',  8, 'A', 'thread',               3,   290, 0, false),
    ('thread',  9, 'A', 'thread',               2,   566, 0, false),
    ('thread', 10, 'A', 'thread',               1,  2234, 1, true),

    -- dispatch_state: 4,751 / 5,547
    ('state',   1, 'A', 'loaded',               1,  4552, 1, false),
    ('state',   2, 'A', 'no_doctor active',     1,   172, 1, false),     -- August rules: order_not_migrated, 199
    ('state',   3, 'A', 'no_doctor closed',     1,    27, 1, false),
    ('state',   4, 'B', 'loaded',               1,   491, 1, true),
    ('state',   5, 'B', 'other_status',         1,    83, 1, false),     -- skipped by case_states
    ('state',   6, 'B', 'before_removal',       1,   156, 1, false),     -- case_not_migrated
    ('state',   7, 'B', 'after_removal',        1,    41, 1, false),     -- case_removed_before_state
    ('state',   8, 'B', 'instruction_null',     1,    12, 1, false),     -- invalid_reference: 20 in both flows
    ('state',   9, 'B', 'instruction_zero',     1,     8, 1, false),
    ('state',  10, 'B', 'stock',                1,     5, 1, false),     -- invalid_reference: 5 more in case_states

    -- The states of one case in their order, a = active, c = closed (weight: how many). Together the 4,552 of A that
    -- load: 2,427 active, 2,125 closed; a→a 1,273, c→c 630, a→c 278, c→a 117
    ('history', 1, 'A', 'acac',                 4,    10, 0, false),
    ('history', 2, 'A', 'cac',                  3,    20, 0, false),
    ('history', 3, 'A', 'ca',                   2,    40, 1, false),
    ('history', 4, 'A', 'caa',                  3,    17, 0, false),
    ('history', 5, 'A', 'aca',                  3,    30, 0, false),
    ('history', 6, 'A', 'ac',                   2,    60, 1, false),
    ('history', 7, 'A', 'aac',                  3,    80, 0, false),
    ('history', 8, 'A', 'aacc',                 4,    40, 0, false),
    ('history', 9, 'A', 'aaacc',                5,    28, 0, false),
    ('history',10, 'A', 'aaaaaaaa',             8,    20, 0, false),
    ('history',11, 'A', 'aaaaa',                5,    80, 0, false),
    ('history',12, 'A', 'aaa',                  3,   150, 0, false),
    ('history',13, 'A', 'aa',                   2,   320, 0, false),
    ('history',14, 'A', 'a',                    1,   219, 1, false),
    ('history',15, 'A', 'cc',                   2,   362, 0, false),
    ('history',16, 'A', 'ccc',                  3,   100, 0, false),
    ('history',17, 'A', 'c',                    1,   678, 1, true),

    -- dispatch_notification: 1,900,000 / 2,039,588 / 2,086,613, of which 40 malformed
    ('notification', 1, 'A', 'all',             1, 1900000, 1, false),
    ('notification', 2, 'B', 'all',             1,  139588, 1, false),
    ('notification', 3, 'C', 'all',             1,   47025, 1, false),
    ('malformed',    1, 'A', 'malformed',       1,      40, 10, false),  -- malformed_json: each of the ten kinds
    ('read',         1, 'C', 'read',            1,    1200, 1, false),   -- become read between B and C

    ('template', 1, 'A', 'template',            1,     169, 1, false),
    ('instance', 1, 'A', 'instance',            1,      29, 1, false)
) as decks
