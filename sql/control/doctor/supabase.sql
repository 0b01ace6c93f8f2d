-- Is this a Supabase project? Its roles, and what its API shows.
select
    (select count(*) = 3 from pg_catalog.pg_roles where rolname in ('anon', 'authenticated', 'service_role')) as is_one,
    to_regclass('auth.users') is not null as has_users,
    (select split_part(entry, '=', 2)
     from pg_catalog.pg_db_role_setting s
     join pg_catalog.pg_roles r on r.oid = s.setrole and r.rolname = 'authenticator',
     unnest(s.setconfig) as entry
     where entry like 'pgrst.db_schemas=%' limit 1) as exposed
