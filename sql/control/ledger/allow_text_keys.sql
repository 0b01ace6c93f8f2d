-- Lets rows without an integer key in: the primary key becomes a unique constraint over the same columns and under the
-- same name, and text keys get a unique index of their own.
begin;
alter table {table} drop constraint {primary_key};
alter table {table} alter column legacy_id drop not null;
alter table {table} add constraint {primary_key} unique ({columns});
create unique index on {table} (entity_type, legacy_key) where legacy_key is not null;
commit;
