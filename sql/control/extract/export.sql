-- The moment that all readers share, and what it is a moment of. money_digits: how many of money's digits stand after
-- the point here.
select
    pg_catalog.pg_export_snapshot() as snapshot,
    case
        when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
        else pg_catalog.pg_current_wal_lsn()
    end::text as wal_lsn,
    pg_catalog.current_database()::text as database,
    pg_catalog.current_setting('server_version') as server_version,
    pg_catalog.current_setting('server_encoding') as encoding,
    (
        select coalesce(
            pg_catalog.to_jsonb(d) operator(pg_catalog.->>) 'daticulocale',
            pg_catalog.to_jsonb(d) operator(pg_catalog.->>) 'datlocale',
            d.datcollate::text
        )
        from pg_catalog.pg_database d
        where d.datname operator(pg_catalog.=) pg_catalog.current_database()
    ) as collation,
    pg_catalog.scale(1::pg_catalog.int4::pg_catalog.money::pg_catalog.numeric) as money_digits
