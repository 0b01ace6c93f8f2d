-- One loader a database, for as long as the session lives. The number is 'rehome' in ASCII.
select pg_try_advisory_lock(125779869396325) as locked
