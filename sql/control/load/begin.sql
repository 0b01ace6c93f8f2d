-- A chunk's transaction. Constraints that would wait for its end are tested statement by statement.
-- The disk need not be waited for: a chunk that a crash of the server takes back takes its claim along, and is loaded
-- again. The end of the run waits for everything. Money in the text form has the locale C's two digits.
begin;
set local synchronous_commit = off;
set local lc_monetary = 'C';
set constraints all immediate
