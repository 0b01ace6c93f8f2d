-- A chunk's transaction. Constraints that would wait for its end are tested statement by statement.
begin;
set constraints all immediate
