-- What the rows became, and where that is not what was written.
update rehome.before_images i
set after = {hash}, identity = {identity}, altered = nullif(array_remove(array[{differing}]::text[], null), '{}')
from pg_temp.rehome_after s
join {table} t on {equal}
where i.run_id = $1 and i.flow = $2 and i.row_id = s.rehome_row and i.move = 'updated' and i.after is null
