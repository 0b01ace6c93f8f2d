-- The decks of communication: groups, records, messages, feedback. (_figures.sql says what a deck is.)
select column1 as deck, column2 as place, column3 as phase, column4 as kind, column5 as weight, column6 as size,
    column7 as least, column8 as fill
from (
    values
    -- Content types (51) and permissions (204, four each) are the same at any scale
    ('group',   1, 'A', 'group',                1,    24, 4, false),
    ('group_permission', 1, 'A', 'all',         1,  1346, 4, false),

    -- django_admin_log: 20,000
    ('admin_log', 1, 'A', 'typed',              1, 17900, 3, true),
    ('admin_log', 2, 'A', 'untyped',            1,    60, 1, false),
    ('admin_log', 3, 'A', 'user_gone',          1,    24, 1, false),     -- actor_unknown
    ('admin_log', 4, 'A', 'type_gone',          1,    12, 1, false),     -- content_type_unknown
    ('admin_log', 5, 'A', 'flag_unknown',       1,     4, 1, false),     -- unknown_action
    ('admin_log', 6, 'B', 'typed',              1,  1700, 1, true),
    ('admin_log', 7, 'C', 'typed',              1,   300, 1, true),

    -- dispatch_record: 70,742 at B and C. The first word is the model; on plans 16,165 (dispatch.plan) and 26 more
    -- (dispatch.treatmentplan), on instructions 38,400, on patients 14,000, on anything else 2,151. The second word is
    -- the kind of plan, instruction or patient, or the family of models
    ('record',  1, 'A', 'plan root',            1,  9800, 3, false),
    ('record',  2, 'A', 'plan revision',        1,  5100, 1, false),
    ('record',  3, 'A', 'plan root_null',       1,    15, 1, false),     -- missing_instruction: 41
    ('record',  4, 'A', 'plan root_gone',       1,    14, 1, false),
    ('record',  5, 'A', 'plan revision_null',   1,     5, 1, false),
    ('record',  6, 'A', 'plan revision_gone',   1,     4, 1, false),
    ('record',  7, 'A', 'plan root_rejected',   1,    19, 1, false),     -- order_not_migrated
    ('record',  8, 'A', 'plan cycle',           1,     3, 1, false),     -- plan_cycle
    ('record',  9, 'A', 'treatmentplan root',   1,    19, 1, false),
    ('record', 10, 'A', 'treatmentplan revision', 1,   7, 1, false),
    ('record', 11, 'A', 'instruction no_doctor', 1,   60, 1, false),
    ('record', 12, 'A', 'instruction no_doctor_no_office', 1, 8, 1, false),  -- order_not_migrated
    ('record', 13, 'A', 'instruction deleted_old', 1,  3, 1, false),     -- an order without a case
    ('record', 14, 'A', 'instruction gone',     1,     9, 1, false),     -- missing_instruction: 12
    ('record', 15, 'A', 'patient ordinary',     1, 13140, 3, false),
    ('record', 16, 'A', 'patient no_doctor',    1,    20, 1, false),
    ('record', 17, 'A', 'patient deleted_old',  1,     2, 1, false),
    ('record', 18, 'A', 'patient gone',         1,     8, 1, false),     -- patient_not_migrated: 11
    ('record', 19, 'A', 'other people',         1,   420, 1, false),
    ('record', 20, 'A', 'other files',          1,   700, 1, false),
    ('record', 21, 'A', 'other clinical',       1,   300, 1, false),
    ('record', 22, 'A', 'other business',       1,   350, 1, false),
    ('record', 23, 'A', 'other workflow',       1,   270, 1, false),
    ('record', 24, 'A', 'other messages',       1,    80, 1, false),
    ('record', 25, 'A', 'other system',         1,    26, 1, false),
    ('record', 26, 'A', 'unknown type',         1,     5, 1, false),     -- unknown_content_type
    ('record', 27, 'A', 'instruction ordinary', 1, 36219, 3, true),
    ('record', 28, 'B', 'plan root_new',        1,   800, 1, false),
    ('record', 29, 'B', 'plan revision_new',    1,   402, 1, false),
    ('record', 30, 'B', 'plan root_gone',       1,     3, 0, false),
    ('record', 31, 'B', 'instruction stock',    1,     5, 1, false),     -- an order without a patient
    ('record', 32, 'B', 'instruction deleted_new', 1, 28, 1, false),     -- orders without a case
    ('record', 33, 'B', 'instruction gone',     1,     3, 0, false),
    ('record', 34, 'B', 'patient ordinary_new', 1,   812, 1, false),
    ('record', 35, 'B', 'patient deleted_new',  1,    12, 1, false),
    ('record', 36, 'B', 'patient without_order', 1,    3, 1, false),
    ('record', 37, 'B', 'patient gone',         1,     3, 0, false),
    ('record', 38, 'B', 'instruction ordinary_new', 1, 2065, 1, true),

    -- dispatch_record_attachments: 8,703, all on records of plans that load
    ('attachment', 1, 'A', 'attachment',        1,  8050, 1, false),
    ('attachment', 2, 'B', 'attachment',        1,   653, 1, false),

    -- dispatch_message: 41,000
    ('message', 1, 'A', 'ordinary',             1, 37440, 16, true),
    ('message', 2, 'A', 'sender_gone',          1,    34, 1, false),     -- sender_unknown: 42
    ('message', 3, 'A', 'recipient_gone',       1,    26, 1, false),     -- recipient_not_migrated: 31
    ('message', 4, 'B', 'ordinary',             1,  3090, 1, true),
    ('message', 5, 'B', 'sender_gone',          1,     6, 0, false),
    ('message', 6, 'B', 'recipient_gone',       1,     4, 0, false),
    ('message', 7, 'C', 'ordinary',             1,   397, 1, true),
    ('message', 8, 'C', 'sender_gone',          1,     2, 0, false),
    ('message', 9, 'C', 'recipient_gone',       1,     1, 0, false),

    -- dispatch_communication: 30,000
    ('communication', 1, 'A', 'inbound',        1, 12100, 1, false),
    ('communication', 2, 'A', 'outbound',       1, 15455, 1, true),
    ('communication', 3, 'A', 'inbound gone',   1,    25, 1, false),     -- sender_unknown
    ('communication', 4, 'A', 'outbound gone',  1,    18, 1, false),     -- recipient_not_migrated: 20
    ('communication', 5, 'A', 'internal',       1,     2, 1, false),     -- unknown_direction
    ('communication', 6, 'B', 'inbound',        1,   900, 1, false),
    ('communication', 7, 'B', 'outbound',       1,  1198, 1, true),
    ('communication', 8, 'B', 'outbound gone',  1,     2, 0, false),
    ('communication', 9, 'C', 'outbound',       1,   300, 1, true),

    -- dispatch_feedback: 2,400
    ('feedback', 1, 'A', 'rated',               1,  2180, 2, true),
    ('feedback', 2, 'A', 'user_gone',           1,    14, 1, false),     -- sender_unknown
    ('feedback', 3, 'A', 'rating_odd',          1,     6, 1, false),     -- rating_invalid
    ('feedback', 4, 'B', 'rated',               1,   180, 1, true),
    ('feedback', 5, 'C', 'rated',               1,    20, 1, true)
) as decks
