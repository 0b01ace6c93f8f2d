-- Ends the sessions of a former run that still hold the epoch: whoever asks has the loader's lock, so they are of a program that
-- has lost it, such as one that is frozen.
select count(pg_terminate_backend(pid)) as ended
from (
    select distinct l.pid
    from pg_catalog.pg_locks l
    where l.relation = 'rehome.epoch'::regclass
      and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
      and l.granted
      and l.pid <> pg_backend_pid()
) former
