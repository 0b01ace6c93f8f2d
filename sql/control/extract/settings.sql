-- Makes a reader's session print exactly, wait as long as it may, leave the processors to its fellows, and read a
-- table from its beginning (a scan that joins another one would give the rows in another order each time).
select
    pg_catalog.set_config('search_path', '', true),
    pg_catalog.set_config('statement_timeout', '{statement_timeout}', true),
    pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true),
    -- Only newer servers have this one.
    (select pg_catalog.count(pg_catalog.set_config(name, '0', true)) from pg_catalog.pg_settings
     where name = 'transaction_timeout' and setting <> '0'),
    pg_catalog.set_config('row_security', 'off', true),
    pg_catalog.set_config('timezone', 'UTC', true),
    pg_catalog.set_config('datestyle', 'ISO, YMD', true),
    pg_catalog.set_config('intervalstyle', 'postgres', true),
    pg_catalog.set_config('lc_monetary', 'C', true),
    pg_catalog.set_config('extra_float_digits', '3', true),
    pg_catalog.set_config('bytea_output', 'hex', true),
    pg_catalog.set_config('xmloption', 'content', true),
    pg_catalog.set_config('work_mem', '64MB', true),
    pg_catalog.set_config('max_parallel_workers_per_gather', '0', true),
    pg_catalog.set_config('synchronize_seqscans', 'off', true)
