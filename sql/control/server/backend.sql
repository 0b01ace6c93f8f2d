-- Which backend answers, and since when: no two have both.
select pid || '/' || coalesce(extract(epoch from backend_start)::text, '') as backend
from pg_catalog.pg_stat_activity
where pid = pg_catalog.pg_backend_pid()
