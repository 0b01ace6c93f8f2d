-- Publications that these tables ($1: schemas, $2: names) are in; bare: those whose rows have nothing by which a subscriber knows
-- them, so that PostgreSQL refuses to change or delete any.
select p.pubname::text as name, p.puballtables as everything,
       array_agg(quote_ident(t.schema) || '.' || quote_ident(t.name) order by t.schema, t.name) as tables,
       array_remove(array_agg(
           case when (p.pubupdate or p.pubdelete) and (
               c.relreplident = 'n'
               or c.relreplident = 'd'
                   and not exists (select from pg_catalog.pg_index i where i.indrelid = c.oid and i.indisprimary))
           then quote_ident(t.schema) || '.' || quote_ident(t.name) end order by t.schema, t.name), null) as bare
from pg_catalog.pg_publication p
join pg_catalog.pg_publication_tables pt on pt.pubname = p.pubname
join unnest($1::text[], $2::text[]) as t (schema, name) on t.schema = pt.schemaname and t.name = pt.tablename
join pg_catalog.pg_namespace n on n.nspname = t.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name
group by p.pubname, p.puballtables
order by p.pubname
