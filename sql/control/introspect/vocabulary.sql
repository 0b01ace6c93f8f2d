-- The distinct values of a column with how often each is there, if they are few.
select cast({value} as text) as word, count(*) as times
from {table} t
where {value} is not null
group by 1
order by 2 desc, 1
limit {limit}
