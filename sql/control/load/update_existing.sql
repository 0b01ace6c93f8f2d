-- The flow's columns are written over rows that are in the target already: all of them, or one ($1).
update {table} t set {assignments}
from pg_temp.rehome_staged_update s
where {equal} and ($1::uuid is null or s.rehome_row = $1)
