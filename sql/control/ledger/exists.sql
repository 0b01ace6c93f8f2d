-- Has the ledger been made in this database?
select to_regclass('rehome.saved_ddl') is not null as made
