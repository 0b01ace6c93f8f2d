-- Foreign keys of these schemas ($1) that are tested at the end of a transaction: rows that break them can stay behind only where
-- somebody went around them.
select count(*) filter (where k.condeferrable and k.condeferred) as deferred, count(*) as all_keys
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.contype = 'f' and n.nspname = any ($1::text[])
