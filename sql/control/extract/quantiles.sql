-- The keys of every {rows}th row, in key order: the parts between them have that many rows each.
select array[{texts}] as bound
from (
    select {keys}, row_number() over (order by {keys}) - 1 as rehome_place
    from {table}
) as numbered
where rehome_place > 0 and rehome_place % {rows} = 0
order by rehome_place
