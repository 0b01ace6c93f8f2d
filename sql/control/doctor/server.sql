-- Who this session is, and where: the server, the database, the role and what is left of their connections.
with used as (
    select count(*) as all_used,
           count(*) filter (where datid = d.oid) as by_database,
           count(*) filter (where usesysid = r.oid) as by_role
    from pg_catalog.pg_stat_activity, pg_catalog.pg_database d, pg_catalog.pg_roles r
    where d.datname = current_database() and r.rolname = current_user and datid is not null
)
select
    current_user::text                                                       as role,
    current_setting('server_version_num')::integer                           as number,
    split_part(current_setting('server_version'), ' ', 1)                    as version,
    r.rolsuper                                                               as superuser,
    r.rolbypassrls                                                           as bypasses,
    pg_catalog.pg_encoding_to_char(d.encoding)::text                         as encoding,
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', d.datcollate::text) as collation,
    pg_catalog.pg_is_in_recovery()                                           as standby,
    (select p.reset_val = 'on' from pg_catalog.pg_settings p where p.name = 'default_transaction_read_only') as read_only,
    coalesce(s.ssl, false)                                                   as encrypted,
    s.version::text                                                          as protocol,
    current_setting('max_connections')::bigint                               as max_connections,
    case when r.rolsuper then 0 else current_setting('superuser_reserved_connections')::bigint
         + coalesce(current_setting('reserved_connections', true)::bigint, 0) end as reserved,
    used.all_used, used.by_database, used.by_role,
    d.datconnlimit::bigint                                                   as database_limit,
    r.rolconnlimit::bigint                                                   as role_limit,
    pg_catalog.pg_database_size(d.oid)                                       as size
from pg_catalog.pg_roles r
join pg_catalog.pg_database d on d.datname = current_database()
left join pg_catalog.pg_stat_ssl s on s.pid = pg_catalog.pg_backend_pid()
cross join used
where r.rolname = current_user
