-- What belongs to some tables ($1: schemas, $2: names) beside their rows: columns, constraints, indexes, triggers, policies and
-- sequences, each with its definition and whether it is at work.
with tables as (
    select c.oid, n.nspname::text as schema, c.relname::text as name, c.relrowsecurity, c.relforcerowsecurity
    from unnest($1::text[], $2::text[]) as wanted (schema, name)
    join pg_catalog.pg_namespace n on n.nspname = wanted.schema
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name and c.relkind in ('r', 'p')
)
select t.schema, t.name as table, 'column' as sort, a.attname::text as name,
       format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
           || coalesce(' ' || nullif(a.attidentity::text, '') || ' identity', '')
           || coalesce(case when a.attgenerated = '' then ' default ' else ' generated ' end || pg_get_expr(d.adbin, d.adrelid), '')
           as definition,
       '' as state
from tables t
join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
union all
select t.schema, t.name, 'constraint', k.conname::text, regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
       case when not k.convalidated then 'not valid'
            when exists (select from pg_catalog.pg_trigger g
                          where g.tgconstraint = k.oid and g.tgisinternal and g.tgenabled = 'D') then 'disabled'
            else '' end
from tables t
join pg_catalog.pg_constraint k on k.conrelid = t.oid
-- NOT NULL is told with its column; as a constraint it has stood here since PostgreSQL 18 alone.
where k.contype not in ('t', 'n')
union all
select t.schema, t.name, 'index', c.relname::text, pg_get_indexdef(i.indexrelid),
       case when i.indisvalid and i.indisready then '' else 'not valid' end
from tables t
join pg_catalog.pg_index i on i.indrelid = t.oid
join pg_catalog.pg_class c on c.oid = i.indexrelid
union all
select t.schema, t.name, 'trigger', g.tgname::text, pg_get_triggerdef(g.oid),
       case g.tgenabled when 'D' then 'disabled' when 'O' then '' else g.tgenabled::text end
from tables t
join pg_catalog.pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
union all
select t.schema, t.name, 'policy', p.polname::text,
       concat_ws(' ', p.polcmd::text, p.polpermissive::text, p.polroles::regrole[]::text, 'using', pg_get_expr(p.polqual, p.polrelid),
                 'check', pg_get_expr(p.polwithcheck, p.polrelid)),
       ''
from tables t
join pg_catalog.pg_policy p on p.polrelid = t.oid
union all
select t.schema, t.name, 'row security', 'row level security', '', case when t.relforcerowsecurity then 'forced' else '' end
from tables t
where t.relrowsecurity
union all
select distinct t.schema, t.name, 'sequence', quote_ident(n.nspname) || '.' || quote_ident(s.relname),
       concat_ws(' ', format_type(q.seqtypid, null), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcycle), ''
from tables t
join (
    select d.refobjid as relation, d.objid as sequence
    from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
      and d.deptype in ('a', 'i') and d.refobjsubid > 0
    union
    select a.adrelid, d.refobjid
    from pg_catalog.pg_attrdef a
    join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
) used on used.relation = t.oid
join pg_catalog.pg_class s on s.oid = used.sequence and s.relkind = 'S'
join pg_catalog.pg_sequence q on q.seqrelid = s.oid
join pg_catalog.pg_namespace n on n.oid = s.relnamespace
order by 1, 2, 3, 4
