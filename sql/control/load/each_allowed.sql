-- Do rows that are inserted one by one become what a COPY of them becomes? Not where a rule would rewrite them, where
-- statements as a whole are watched, or where one row of a statement may lean on a later one.
select c.relkind in ('r', 'p')
       and not c.relhasrules
       and not exists (select from pg_catalog.pg_trigger t
                        where (t.tgrelid = c.oid or t.tgrelid in (select relid from pg_catalog.pg_partition_tree(c.oid)))
                          and not t.tgisinternal and t.tgenabled <> 'D'
                          and (t.tgtype & 1 = 0 and t.tgrelid = c.oid or t.tgconstraint <> 0))
       and not exists (select from pg_catalog.pg_constraint k
                        where (k.conrelid = c.oid or k.conrelid in (select relid from pg_catalog.pg_partition_tree(c.oid)))
                          and (k.confrelid = c.oid or k.confrelid in (select relid from pg_catalog.pg_partition_tree(c.oid)))
                          and k.contype = 'f')
       and exists (select from pg_catalog.pg_language l
                    where l.lanname = 'plpgsql' and has_language_privilege(l.oid, 'usage'))
       and has_database_privilege(current_database(), 'temporary') as allowed
from pg_catalog.pg_class c
where c.oid = $1::text::regclass
