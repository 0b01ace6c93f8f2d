-- Nothing that is asked can write, and behind a pooler all of it is asked of one session.
begin transaction read only
