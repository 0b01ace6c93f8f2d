-- Lets ids in that are no UUIDs, as text in a column of their own.
alter table {table}
    add column if not exists entity_id text,
    alter column entity_uuid drop not null
