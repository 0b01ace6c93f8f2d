-- Everything that is asked is of one moment, and nothing is written.
begin transaction isolation level repeatable read read only
