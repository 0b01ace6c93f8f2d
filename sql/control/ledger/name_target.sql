-- The ledger's one row. It may be missing in a ledger that is there: a copy of the schema alone, as pg_dump --schema-only
-- makes it, is that of a new target.
insert into rehome.epoch (epoch) select 0 where not exists (select from rehome.epoch) on conflict do nothing
