-- Does the ledger note how tables stand? That of an older version does not.
select to_regclass('rehome.tables_left') is not null as found
