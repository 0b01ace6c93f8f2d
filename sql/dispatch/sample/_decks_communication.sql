-- The decks of communication: groups, records, messages, feedback. (_figures.sql says what a deck is.)
select column1 as deck, column2 as place, column3 as phase, column4 as kind, column5 as weight, column6 as size,
    column7 as least, column8 as fill
from (
    values
    ('group',   1, 'A', 'group',                1,    24, 1, false)
) as decks
