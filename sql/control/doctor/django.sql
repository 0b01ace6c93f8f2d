-- What Django keeps in this database: its own tables, by schema, with those that hold no business.
select n.nspname::text as schema,
       array_agg(c.relname::text order by c.relname) filter (
           where c.relname in ('django_session', 'django_migrations', 'django_admin_log', 'auth_permission', 'easy_thumbnails_source',
                               'easy_thumbnails_thumbnail', 'thumbnail_kvstore', 'authtoken_token')
              or c.relname like 'django\_celery\_%' or c.relname like 'celery\_%' or c.relname like 'silk\_%') as technical,
       bool_or(c.relname = 'django_content_type') as content_types,
       array_agg(c.relname::text order by c.relname) filter (where c.relname like '%\_historical%' or c.relname like 'historical%') as history,
       array_agg(c.relname::text order by c.relname) filter (
           where c.relkind = 'r' and c.relname <> 'django_admin_log' and (
               select count(*) from pg_catalog.pg_attribute a
               where a.attrelid = c.oid and not a.attisdropped and a.attname in ('content_type_id', 'object_id')) = 2) as generic
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p')
  and exists (select from pg_catalog.pg_class m where m.relnamespace = n.oid and m.relname in ('django_migrations', 'django_content_type'))
group by n.nspname
order by n.nspname
