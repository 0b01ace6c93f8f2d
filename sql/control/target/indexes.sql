-- The indexes of these tables ($1), with their exact definitions. $2: those whose changes are published.
select
    i.indrelid                                                as relation,
    i.indexrelid                                              as oid,
    c.relname::text                                           as name,
    pg_get_indexdef(i.indexrelid)                             as definition,
    i.indisunique                                             as unique,
    i.indisvalid and i.indisready                             as valid,
    i.indisclustered                                          as clustered,
    -- Of a published table, no row could be changed or removed without the index that tells its rows apart.
    i.indisreplident or i.indisprimary and r.relreplident = 'd' and i.indrelid = any ($2)
                                                              as replica_identity,
    -- What its definition does not tell.
    c.reltablespace <> 0
        or exists (select from pg_catalog.pg_attribute a where a.attrelid = c.oid and coalesce(a.attstattarget, -1) >= 0)
        or exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'x')
                                                              as untold,
    c.relkind = 'I'                                           as partitioned,
    -- Since version 18, a primary key makes the columns of a partition NOT NULL by themselves, where they were by those of the table.
    c.reloptions is not null or c.relkind = 'I' and i.indisprimary and current_setting('server_version_num')::integer >= 180000
                                                              as fixed,
    coalesce((select h.inhparent from pg_catalog.pg_inherits h where h.inhrelid = c.oid), 0) as part_of,
    coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) as nulls_equal,
    array(select pg_get_indexdef(i.indexrelid, k, true)
            from generate_series(1, i.indnkeyatts) k)         as expressions,
    pg_get_expr(i.indpred, i.indrelid, true)                  as predicate,
    obj_description(i.indexrelid, 'pg_class')                 as comment
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
join pg_catalog.pg_class r on r.oid = i.indrelid
where i.indrelid = any ($1)
order by i.indrelid, c.relname
