-- What this role lacks of what a run, a difference and a rollback need of some tables ($1: schemas, $2: names), of the mappings
-- table ($3, $4) and of our own schema: the statements that would grant it. The server judges by its own rules.
with wanted as (
    select schema, name, n.oid as namespace, c.oid as relation, others
    from (
        select schema, name, false as others from unnest($1::text[], $2::text[]) as t (schema, name)
        union select $3, $4, false
        union select n.nspname, c.relname, false
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'rehome' and c.relkind in ('r', 'p')
        -- What they refer to, and what refers to them, is looked at.
        union select n.nspname, c.relname, true
        from pg_catalog.pg_constraint k
        join pg_catalog.pg_class c on c.oid in (k.conrelid, k.confrelid)
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where k.contype = 'f'
          and exists (
              select from unnest($1::text[], $2::text[]) as t (schema, name)
              join pg_catalog.pg_namespace tn on tn.nspname = t.schema
              join pg_catalog.pg_class tc on tc.relnamespace = tn.oid and tc.relname = t.name
              where tc.oid in (k.conrelid, k.confrelid)
          )
    ) w (schema, name, others)
    left join pg_catalog.pg_namespace n on n.nspname = w.schema
    left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.name
),
needed (rank, object, place, privilege, granted) as (
    select 0, 'database ' || quote_ident(current_database()), 0, p.name, has_database_privilege(current_database(), p.name)
    from (values ('create'), ('temporary')) p (name)
    where p.name = 'temporary' or not exists (select from pg_catalog.pg_namespace where nspname = 'rehome')
    union all
    select distinct 1, 'schema ' || quote_ident(schema), 0, 'usage', has_schema_privilege(namespace, 'usage')
    from wanted
    where namespace is not null
    union all
    select 1, 'schema ' || quote_ident(schema), 1, 'create', has_schema_privilege(namespace, 'create')
    from wanted
    where namespace is not null and relation is null and (schema, name) = ($3, $4)
    union all
    select 2, quote_ident(t.schema) || '.' || quote_ident(t.name), p.place, p.name, has_table_privilege(t.relation, p.name)
    from wanted t, (values (0, 'select'), (1, 'insert'), (2, 'update'), (3, 'delete')) p (place, name)
    where t.relation is not null
      and (p.name = 'select' or not t.others)
      -- A table that is loaded is wanted once.
      and not (t.others and exists (select from wanted w where w.relation = t.relation and not w.others))
    union all
    select distinct 3, 'sequence ' || quote_ident(n.nspname) || '.' || quote_ident(s.relname), p.place, p.name,
           has_sequence_privilege(s.oid, p.name)
    from wanted
    join (
        select d.refobjid as relation, d.objid as sequence
        from pg_catalog.pg_depend d
        where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
        union select a.adrelid, d.refobjid
        from pg_catalog.pg_attrdef a
        join pg_catalog.pg_depend d
          on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
    ) used on used.relation = wanted.relation
    join pg_catalog.pg_class s on s.oid = used.sequence and s.relkind = 'S'
    join pg_catalog.pg_namespace n on n.oid = s.relnamespace,
    (values (0, 'usage'), (1, 'select'), (2, 'update')) p (place, name)
    -- The columns that make our own numbers ask nobody.
    where not others and schema <> 'rehome'
)
select statement
from (
    select rank, object,
           format('grant %s on %s to %I', string_agg(privilege, ', ' order by place), object, current_user) as statement
    from needed
    where not granted
    group by rank, object
    union all
    select distinct 4, '', format('alter role %I bypassrls', current_user)
    from wanted
    where relation is not null and not others and row_security_active(relation)
) lacking
order by rank, object
