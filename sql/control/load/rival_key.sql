-- What a unique index or an exclusion of a table, or of one of its partitions, compares: expressions and operators, the
-- columns they are made of, and the rows it holds for.
select
    array(select pg_get_indexdef(i.indexrelid, k, true) from generate_series(1, i.indnkeyatts) k) as expressions,
    array(
        select 'operator(' || quote_ident(n.nspname) || '.' || o.oprname || ')'
        from generate_series(1, i.indnkeyatts) k
        join pg_catalog.pg_opclass c on c.oid = i.indclass[k - 1]
        left join pg_catalog.pg_amop a on a.amopfamily = c.opcfamily and a.amoplefttype = c.opcintype
                                       and a.amoprighttype = c.opcintype and a.amopstrategy = 3 and e.oid is null
        join pg_catalog.pg_operator o on o.oid = coalesce(e.conexclop[k], a.amopopr)
        join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
        order by k
    )                                                                as operators,
    array(
        select distinct t.attname::text
        from pg_catalog.pg_depend d
        join pg_catalog.pg_attribute t on t.attrelid = d.refobjid and t.attnum = d.refobjsubid
        where d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = i.indrelid and d.refobjsubid > 0
          and (d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid
               or d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid = any (
                   select k.oid from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.conrelid = i.indrelid))
    )                                                                as columns,
    coalesce(pg_get_expr(i.indpred, i.indrelid, true), 'true')       as predicate,
    coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as nulls_equal
from pg_catalog.pg_index i
join pg_catalog.pg_class x on x.oid = i.indexrelid
left join pg_catalog.pg_constraint e on e.conindid = i.indexrelid and e.conrelid = i.indrelid and e.contype = 'x'
where x.relname = $2
  and i.indisvalid
  and (i.indrelid = $1::text::regclass
       or i.indrelid in (select relid from pg_catalog.pg_partition_tree($1::text::regclass)))
limit 1
