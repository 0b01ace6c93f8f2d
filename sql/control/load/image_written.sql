-- What they became; those that the target refused are as they were.
with refused as (
    delete from rehome.before_images i where i.run_id = $1 and i.flow = $2 and i.row_id = any ($3)
)
update rehome.before_images i set after = {hash}, identity = {identity}, altered = nullif(array_remove(array[{differing}]::text[], null), '{}')
from pg_temp.rehome_staged_update s
join {table} t on {equal}
where i.run_id = $1 and i.flow = $2 and i.row_id = s.rehome_row and i.after is null and i.move = 'updated'
