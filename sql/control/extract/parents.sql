-- Foreign keys of one column that every row has, from one of these tables ($1: their oids) to another.
select k.conrelid as child, k.confrelid as parent, own.attname::text as referring, other.attname::text as referred
from pg_catalog.pg_constraint k
join pg_catalog.pg_attribute own on own.attrelid = k.conrelid and own.attnum = k.conkey[1]
join pg_catalog.pg_attribute other on other.attrelid = k.confrelid and other.attnum = k.confkey[1]
where k.contype = 'f'
  and k.conrelid = any ($1)
  and k.confrelid = any ($1)
  and k.conrelid <> k.confrelid
  and pg_catalog.array_length(k.conkey, 1) = 1
  and own.attnotnull
  and not exists (select from pg_catalog.pg_constraint n
                  where n.conrelid = k.conrelid and n.contype = 'n' and not n.convalidated and n.conkey = k.conkey)
  -- A key that is not enforced (PostgreSQL 18) says nothing of the rows.
  and coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true)
order by k.oid
