-- The foreign keys among some tables ($1: their oids), column by column: which column refers to which.
select
    k.conrelid as child,
    own.attname::text as referring,
    k.confrelid as parent,
    other.attname::text as referred
from pg_catalog.pg_constraint k
cross join lateral unnest(k.conkey, k.confkey) as pair (own, other)
join pg_catalog.pg_attribute own on own.attrelid = k.conrelid and own.attnum = pair.own
join pg_catalog.pg_attribute other on other.attrelid = k.confrelid and other.attnum = pair.other
where k.contype = 'f'
  and k.conrelid = any ($1)
  and k.confrelid = any ($1)
order by k.oid, pair.own
