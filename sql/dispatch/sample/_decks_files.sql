-- The decks of files and work: files, tasks, roles, views of templates. (_figures.sql says what a deck is.)
select column1 as deck, column2 as place, column3 as phase, column4 as kind, column5 as weight, column6 as size,
    column7 as least, column8 as fill
from (
    values
    -- dispatch_file: 301,002 / 325,652 / 325,652. With a link: 160,420
    ('file',    1, 'A', 'linked',               1, 151200, 1, false),
    ('file',    2, 'A', 'conflicting',          1,      1, 1, false),    -- conflicting_cases: two links
    ('file',    3, 'A', 'order_rejected',       1,      1, 1, false),    -- order_not_migrated
    ('file',    4, 'A', 'unlinked',             1, 149800, 2, true),     -- no_link: 165,232 at C
    ('file',    5, 'B', 'linked',               1,   9218, 1, false),
    ('file',    6, 'B', 'unlinked',             1,  15432, 1, true),

    -- dispatch_role: 31 / 32 / 32. dispatch_user_role, dispatch_agent: who fills them, 85 users
    ('role',    1, 'A', 'role',                 1,    31, 6, false),
    ('role',    2, 'B', 'role',                 1,     1, 1, false),
    ('user_role', 1, 'A', 'user_role',          1,    83, 4, false),
    ('agent',   1, 'A', 'agent',                1,     2, 2, false),

    -- dispatch_task: 709,300 / 761,400 / 768,962, which is without the 25 of kind `deleted`
    ('task',    1, 'A', 'ordinary',             1, 703063, 1, true),
    ('task',    2, 'A', 'null',                 1,   1700, 1, false),    -- missing_instruction: 4,190 at C
    ('task',    3, 'A', 'zero',                 1,    260, 1, false),
    ('task',    4, 'A', 'gone',                 1,   1880, 1, false),
    ('task',    5, 'A', 'order_rejected',       1,     12, 1, false),    -- order_not_migrated
    ('task',    6, 'A', 'role_unknown',         1,   1990, 1, false),    -- unknown_role: 2,156 at C
    ('task',    7, 'A', 'assignee_unknown',     1,    380, 1, false),    -- warned of: 428 at C
    ('task',    8, 'A', 'deleted',              1,     15, 1, false),    -- gone at C
    ('task',    9, 'B', 'ordinary',             1,  51134, 1, true),
    ('task',   10, 'B', 'null',                 1,    150, 0, false),
    ('task',   11, 'B', 'zero',                 1,     20, 0, false),
    ('task',   12, 'B', 'gone',                 1,    140, 0, false),
    ('task',   13, 'B', 'role_unknown',         1,    146, 0, false),
    ('task',   14, 'B', 'assignee_unknown',     1,     40, 0, false),
    ('task',   15, 'B', 'deleted',              1,     10, 0, false),
    ('task',   16, 'B', 'completed',            1,    300, 1, false),    -- become completed between B and C
    ('task',   17, 'B', 'stock',                1,     40, 1, false),    -- on orders without a patient
    ('task',   18, 'B', 'deleted_new',          1,    120, 1, false),    -- on orders without a case
    ('task',   19, 'C', 'ordinary',             1,   7519, 1, true),
    ('task',   20, 'C', 'null',                 1,     20, 0, false),
    ('task',   21, 'C', 'gone',                 1,     20, 0, false),
    ('task',   22, 'C', 'role_unknown',         1,     20, 0, false),
    ('task',   23, 'C', 'assignee_unknown',     1,      8, 0, false),

    -- Who sees which template
    ('view_group', 1, 'A', 'view_group',        1,   510, 1, false),
    ('view_role',  1, 'A', 'view_role',         1,   460, 1, false)
) as decks
