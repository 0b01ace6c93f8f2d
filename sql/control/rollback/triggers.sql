-- The triggers of a table that are no constraints, and that fire.
select tgname::text as name, tgenabled::text as enabled
from pg_catalog.pg_trigger
where tgrelid = $1::text::regclass and not tgisinternal and tgenabled <> 'D'
