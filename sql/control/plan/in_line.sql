-- Of rows that are to be there, those that are not, and those that are otherwise.
select count(*) filter (where t.found is null) as missing,
       count(*) filter (where t.found and t.differs) as different
from {staged} s
left join lateral (
    select true as found, {differs} as differs
    from {table} t where {equal} limit 1
) t on true
