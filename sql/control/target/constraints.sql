-- The constraints of these tables and all foreign keys that point to them, with their exact definitions.
select
    con.conrelid                                          as relation,
    con.conname::text                                     as name,
    con.contype::text                                     as sort,
    con.convalidated                                      as validated,
    not exists (select from pg_catalog.pg_trigger t
                where t.tgconstraint = con.oid and t.tgenabled not in ('O', 'A')) as enforced,
    con.condeferrable                                     as deferrable,
    con.condeferred                                       as deferred,
    con.conislocal and con.conparentid = 0                as own,
    con.confrelid = 0 or has_table_privilege(con.confrelid, 'REFERENCES') as referable,
    pg_get_constraintdef(con.oid)                         as definition,
    con.conindid                                          as index,
    con.confrelid                                         as referenced,
    obj_description(con.oid, 'pg_constraint')             as comment,
    coalesce((select array_agg(a.attname::text order by k.position)
                from unnest(con.conkey) with ordinality k(number, position)
                join pg_catalog.pg_attribute a on a.attrelid = con.conrelid and a.attnum = k.number), '{}')  as columns,
    coalesce((select array_agg(a.attname::text order by k.position)
                from unnest(con.confkey) with ordinality k(number, position)
                join pg_catalog.pg_attribute a on a.attrelid = con.confrelid and a.attnum = k.number), '{}') as referenced_columns
from pg_catalog.pg_constraint con
where (con.conrelid = any ($1) or con.confrelid = any ($1))
  -- A foreign key to a partitioned table has a shadow for each of its partitions: no rule of its own.
  and not (con.conparentid <> 0
           and exists (select from pg_catalog.pg_class p where p.oid = con.confrelid and p.relispartition))
order by con.conrelid, con.conname
