-- Can the server hash records (PostgreSQL 14 and later), and do its texts have the bytes that ours have?
select pg_catalog.getdatabaseencoding() = 'UTF8'
       and pg_catalog.to_regprocedure('pg_catalog.hash_record_extended(record, bigint)') is not null as able
