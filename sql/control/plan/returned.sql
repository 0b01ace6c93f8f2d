-- Of rows that were left standing, those that others have changed or deleted since.
select k.legacy_key as key, t.found is null as deleted, '{}'::text[] as columns
from rehome.kept k
left join lateral (select true as found, {hash} as hash from {table} t where {is} limit 1) t on true
where k.flow = $1 and k.ended_by is null and k.row_id = any ($2) and t.hash is distinct from k.image
order by 1
