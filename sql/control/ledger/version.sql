-- Which PostgreSQL it is.
select pg_catalog.current_setting('server_version') as version
