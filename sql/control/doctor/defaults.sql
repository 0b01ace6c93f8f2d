-- Does whoever makes a table in this schema ($1) as this role give it to the API without being asked?
select exists (
    select from pg_catalog.pg_default_acl d
    cross join lateral aclexplode(d.defaclacl) as x
    join pg_catalog.pg_roles g on g.oid = x.grantee
    where d.defaclobjtype = 'r'
      and d.defaclrole = (select oid from pg_catalog.pg_roles where rolname = current_user)
      and (d.defaclnamespace = 0 or d.defaclnamespace = (select oid from pg_catalog.pg_namespace where nspname = $1))
      and g.rolname in ('anon', 'authenticated')
) as given
