-- The decks of the business: products, payments, invoices, offers, settings, events. (_figures.sql says what a deck is.)
select column1 as deck, column2 as place, column3 as phase, column4 as kind, column5 as weight, column6 as size,
    column7 as least, column8 as fill
from (
    values
    ('product', 1, 'A', 'product',              1,   420, 1, false)
) as decks
