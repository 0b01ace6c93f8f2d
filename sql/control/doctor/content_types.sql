-- Content types that several rows stand for: what refers to them by id means one of them only.
select count(*) as several
from (select from {table} group by app_label, model having count(*) > 1) found
