-- How many rows a table of the snapshot has, and how many of them fulfil some conditions.
select count(*) as rows{figures}
from {table} {alias}
