-- The decks of files and work: files, tasks, roles, views of templates. (_figures.sql says what a deck is.)
select column1 as deck, column2 as place, column3 as phase, column4 as kind, column5 as weight, column6 as size,
    column7 as least, column8 as fill
from (
    values
    ('role',    1, 'A', 'role',                 1,    31, 1, false)
) as decks
