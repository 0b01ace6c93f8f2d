-- Keys that stand more than once where they shall be unique.
select count(*) as keys
from (select from {table} where ({predicate}) and {present} group by {expressions} having count(*) > 1) twice
