-- Do the table's rows lie in partitions?
select relkind = 'p' as partitioned from pg_catalog.pg_class where oid = to_regclass($1)
