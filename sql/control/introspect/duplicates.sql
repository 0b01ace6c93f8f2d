-- How many values of a column are there more than once, beyond the first, and how many are empty texts.
select count({value}) - count(distinct {value}) as again, count(*) filter (where cast({value} as text) = '') as empty
from {table} t
