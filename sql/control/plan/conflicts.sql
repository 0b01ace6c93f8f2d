-- Of rows that would be changed, those that others have changed or deleted.
select s.rehome_key as key, t.found is null as deleted,
       case when t.found then array_remove(array[{differing}]::text[], null) else '{}' end as columns
from {staged} s
left join lateral (select true as found, {same} as same, t.* from {table} t where {equal} limit 1) t on true
where not coalesce(t.same, false)
order by 1
