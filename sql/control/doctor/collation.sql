-- Has the collation of this database become another one since its indexes were made? (From version 15 on.)
select datcollversion::text as made, pg_catalog.pg_database_collation_actual_version(oid)::text as now
from pg_catalog.pg_database
where datname = current_database()
  and datcollversion is distinct from pg_catalog.pg_database_collation_actual_version(oid)
