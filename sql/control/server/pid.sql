-- The process that serves this session.
select pg_catalog.pg_backend_pid();
