-- Lets rows without an integer key in, where no primary key stands in the way.
begin;
alter table {table} alter column legacy_id drop not null;
create unique index on {table} (entity_type, legacy_key) where legacy_key is not null;
commit;
