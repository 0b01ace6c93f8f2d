-- How many values of a column there are, and how many of them are keys of the other table.
select count(*) as given, count(k.word) as found
from {table} t
left join (select distinct cast({key} as text) as word from {other} o where {key} is not null) k
  on k.word = cast({value} as text)
where {value} is not null
