-- The new values, all at once, or of one row ($2).
update {table} t set {assignments}
from pg_temp.rehome_present p
join pg_temp.rehome_after s using (rehome_row)
where t.tableoid = p.part and t.ctid = p.place
  and p.there and (p.same or $1) and not p.refused
  and ($2::uuid is null or p.rehome_row = $2)
