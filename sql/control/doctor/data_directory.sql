-- Where the server keeps its files, for who may know.
select setting as folder from pg_catalog.pg_settings where name = 'data_directory'
