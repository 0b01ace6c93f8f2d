-- A database that knows no encoding gives its texts as the bytes they are: what is no UTF-8 is found row by row here,
-- where the server would end the whole read.
select pg_catalog.set_config('client_encoding', 'SQL_ASCII', true)
